/**
 * The contract for evaluations: what was measured, every sample, every verdict.
 *
 * Invariant: a sample that the machinery failed is kept as `infrastructure`, is never counted, and is asked for again.
 */
import type { Json } from "../core/mod.ts";

/** How a sample ended. `infrastructure` is no result: it is made again when the evaluation goes on. */
export const SAMPLE_OUTCOMES = [
  "answered",
  "no_answer",
  "truncated",
  "failed_execution",
  "infrastructure",
] as const;

/** How a sample ended. */
export type SampleOutcome = typeof SAMPLE_OUTCOMES[number];

/** State of an evaluation. `running` after its process is gone means that it was interrupted. */
export const EVALUATION_STATES = ["running", "complete", "incomplete"] as const;

/** State of an evaluation. */
export type EvaluationState = typeof EVALUATION_STATES[number];

/** Request to open an evaluation. */
export interface EvaluationRequest {
  readonly suite: string;
  /** `greedy`, `sample`, `bon`, `mcts`, `beam`. */
  readonly mode: string;
  /** Run and round whose checkpoints are measured; `null` for a checkpoint from elsewhere. */
  readonly runNo: number | null;
  readonly roundNo: number | null;
  /** Artifact numbers of the checkpoints; `null` for models that are no artifact of this database. */
  readonly policy: number | null;
  readonly ppm: number | null;
  /** Everything that changes what a sample means; samples are never mixed across specifications. */
  readonly spec: Json;
  /** As in `openRun`. */
  readonly upgrade?: (stored: Json) => Json;
  /** Record of what it ran with: checksums, versions, tier, models as their servers report them. Not part of the specification. */
  readonly provenance: Json;
  /** As in `openRun`. */
  readonly open: "continue" | "resume" | "new";
}

/** An evaluation that takes samples. */
export interface OpenedEvaluation {
  readonly evalId: number;
  readonly isContinued: boolean;
}

/** One sample of one problem. */
export interface EvaluationSample {
  readonly problemId: string;
  /** Index of the sample, from 0. */
  readonly sample: number;
  /** Extracted answer; `null` where there is none. */
  readonly answer: string | null;
  readonly outcome: SampleOutcome;
  /** Score that a PPM gave it (raw logit); `null` without one. */
  readonly score: number | null;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly ppmTokens: number;
  readonly wallMs: number;
  /** Text, steps, or the search's own summary; whatever a person needs to see what happened. */
  readonly trace: Json;
}

/** Verdict of one grader on one sample. */
export interface SampleVerdict {
  readonly problemId: string;
  readonly sample: number;
  /** Grader and version, e.g. `rstar-1`. */
  readonly grader: string;
  readonly correct: boolean;
  readonly stage: string;
  readonly reason: string;
  readonly elapsedMs: number;
  /**
   * Sample whose answer this one equals by the same grader, the first of its group: what a vote counts by. `null` while answers are not
   * grouped, as where a problem has one sample, and without an answer.
   */
  readonly vote: number | null;
}

/** A sample with all that graders said of it. */
export interface JudgedSample extends EvaluationSample {
  readonly verdicts: readonly Omit<SampleVerdict, "problemId" | "sample">[];
}

/** An evaluation as it is stored, finished or not. */
export interface EvaluationInfo extends Omit<EvaluationRequest, "open"> {
  readonly evalId: number;
  readonly specHash: string;
  readonly state: EvaluationState;
  readonly startedAt: Date;
}

/** Evaluations, by number. */
export interface EvaluationStore {
  /**
   * Goes on with the newest evaluation of this suite, mode, run, round and specification, or starts one; its state is `running`.
   *
   * @throws {UsageError} If `resume` finds none.
   */
  openEvaluation(request: EvaluationRequest): Promise<OpenedEvaluation>;
  /** Samples that are stored and need not be made again: all but `infrastructure`. */
  finishedSamples(
    evalId: number,
  ): Promise<readonly { readonly problemId: string; readonly sample: number }[]>;
  /**
   * Keeps samples with their verdicts in one transaction. A stored `infrastructure` sample is replaced, any other one stays.
   *
   * @throws {UsageError} If a problem was never given to `putProblems`, a sample or a verdict occurs twice, or a verdict belongs to
   * none of the samples.
   * @throws {StoreError} If there is no such evaluation; so do all methods that take its number.
   */
  writeSamples(
    evalId: number,
    samples: readonly EvaluationSample[],
    verdicts: readonly SampleVerdict[],
  ): Promise<void>;
  /**
   * Adds verdicts of another grader, or replaces those that the same grader gave before.
   *
   * @throws {UsageError} If a verdict occurs twice, or its sample is not stored.
   */
  writeVerdicts(evalId: number, verdicts: readonly SampleVerdict[]): Promise<void>;
  /** Marks how an evaluation ended. */
  setEvaluationState(evalId: number, state: EvaluationState): Promise<void>;
  /** Evaluations, oldest first. */
  evaluations(
    filter?: { readonly runNo?: number; readonly roundNo?: number; readonly suite?: string },
  ): Promise<readonly EvaluationInfo[]>;
  /** Every sample of an evaluation, by problem (in the order in which they were stored) and index; verdicts oldest first. */
  samples(evalId: number): Promise<readonly JudgedSample[]>;
}
