/**
 * The contract of a subject: everything that search needs to know of mathematics, or of anything else, goes through here
 * (docs/architecture.md, "domain"). Implementation: `math_domain.ts`.
 *
 * Invariant: {@linkcode StepDomain} holds no reference answer. A search that is given only a `StepDomain` and a
 * {@linkcode Question} cannot see one, which is what test-time search is built on.
 */
import type { ExecutionRecord, Problem, Verdict } from "../core/mod.ts";
import type { ChatMessage, Completion } from "../endpoint/policy.ts";

/** A problem as a solver sees it: no reference answer. */
export interface Question {
  readonly id: string;
  readonly question: string;
}

/**
 * How much one sampled segment holds: `step` stops at the end of every step, `code` only at the end of the whole program (the
 * released greedy decoding).
 */
export const SEGMENT_SIZES = ["step", "code"] as const;

/** How much one sampled segment holds. */
export type SegmentSize = typeof SEGMENT_SIZES[number];

/** Kind of text that a segment continues: the bare question, a step, or a finished program with its output. */
export type SegmentParent = "root" | "step" | "code_end";

/** Facts that {@linkcode StepDomain.parse} needs besides the completion. */
export interface ParseOptions {
  readonly parent: SegmentParent;
  /** Whether code may follow a finished program (released behaviour); otherwise it is unparsable. */
  readonly codeAfterOutput: boolean;
  /** Whether this is a piece of a segment that was read before, and no candidate of its own. @default false */
  readonly isPiece?: boolean;
}

/** A sampled segment, understood. */
export interface Segment {
  /** By the stop string that ended it; `failed` = truncated or unparsable. */
  readonly kind: "step" | "code_end" | "answer" | "failed";
  /** Why it is `failed`; `null` otherwise. */
  readonly failure: "truncated" | "unparsable" | null;
  /**
   * Text that is put behind the text so far, stop string included. It is built from `code`, so that what is kept is what is judged.
   * For a `failed` segment it is the text as drawn.
   */
  readonly text: string;
  /** Code to be checked, of a `step` or `code_end`; `null` otherwise. */
  readonly code: string | null;
  /** Extracted answer of an `answer`; `null` otherwise. */
  readonly answer: string | null;
  /** Segments of one node with equal keys are one candidate. */
  readonly mergeKey: string;
}

/** State that a check leaves for the checks of the steps that follow. Belongs to the checker that made it. */
export interface CheckedState {
  readonly stateId: number;
}

/** One step to check. */
export interface CheckRequest {
  /** State that the ancestors left; `null` is the clean one. */
  readonly parent: CheckedState | null;
  readonly code: string;
  /** Whether steps may follow, so that the state is needed. */
  readonly keep: boolean;
}

/** Result of checking a step. */
export interface StepCheck {
  /** `unknown` goes on like `pass`: what cannot be checked is not a failure. */
  readonly result: "pass" | "fail" | "unknown";
  readonly state: CheckedState | null;
  /** Record of what was seen; stored with the node. */
  readonly evidence: ExecutionRecord | null;
  /** Whether the step failed only because its text ended too early: it may be checked once more, joined with the next one. */
  readonly isIncomplete: boolean;
  /** Text that the harness appends when the step ended the program and something follows: the program's output, and how it failed. */
  readonly output: string;
}

/** Checks the steps of one search tree; closing it releases every state. */
export interface StepChecker extends AsyncDisposable {
  /**
   * Checks one step. Asynchronous, so that test cases, a knowledge base or a person can answer.
   *
   * @throws {InfrastructureError} If the machinery failed; says nothing about the step.
   */
  check(
    request: CheckRequest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<StepCheck>;
  /** Gives a state up. Releasing twice is harmless. */
  release(state: CheckedState): void;
}

/** Everything that a solver needs: prompts, segments, checks. */
export interface StepDomain {
  /** Stored with every run, e.g. `math`. */
  readonly name: string;
  /** Where the policy stops. */
  stopStrings(size: SegmentSize): readonly string[];
  /** Builds the prompt of the policy, verbatim, given the segments so far (outputs included). */
  prompt(question: string, solution: string): string | readonly ChatMessage[];
  /** Builds the text that the PPM scores and that training files hold: the same whatever prompt the policy was given. */
  text(question: string, solution: string): string;
  /** Understands one completion; never executes anything. */
  parse(completion: Completion, options: ParseOptions): Segment;
  /** Answers with equal keys count as one answer, without knowing the right one. */
  answerKey(answer: string): string;
  /** Opens the states of one tree. */
  openChecker(): StepChecker;
  /** How whole solutions are drawn; absent where only single segments can be. */
  readonly solutions?: SolutionDomain;
}

/** How a general model is asked for whole solutions, and what its replies are in segments (docs/search.md, "Whole solutions"). */
export interface SolutionDomain {
  /** Builds the prompt, given the code of the steps that the solution must begin with. */
  prompt(question: string, begun: readonly string[]): string | readonly ChatMessage[];
  /** Where the policy stops; empty where it writes to its own end. */
  readonly stopStrings: readonly string[];
  /** Cuts a reply into segments, at least one; never executes anything. */
  cut(
    completion: Completion,
    options: {
      /** Code of the steps that the solution was to begin with. They are none of its segments. */
      readonly begun: readonly string[];
      /** Segments of code, at most. */
      readonly maxSteps: number;
    },
  ): {
    readonly steps: readonly Completion[];
    /** Answer that the reply states besides its program; `null` where it states none. */
    readonly stated: string | null;
  };
  /** Writes the segment of the answer, given what the program printed and what the reply stated. */
  answer(printed: string, stated: string | null): Completion;
}

/** Domain of a search against a reference: it can also judge answers. */
export interface Domain extends StepDomain {
  /**
   * Judges an answer against the problem's reference.
   *
   * @throws {InfrastructureError} If the grader's machinery failed.
   */
  judge(
    problem: Problem,
    answer: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Verdict>;
}
