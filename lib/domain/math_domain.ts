import {
  ConfigError,
  END_OF_ANSWER,
  END_OF_CODE,
  END_OF_OUTPUT,
  END_OF_STEP,
  outputBlock,
  policyPrompt,
} from "../core/mod.ts";
import { answerNormalForm } from "../grading/mod.ts";
import type { Grader } from "../grading/grader.ts";
import type { Sandbox, StepError, StepOutcome } from "../sandbox/sandbox.ts";
import { bootstrapMessages, bootstrapPrompt } from "./bootstrap_prompt.ts";
import type { Domain, StepCheck, StepChecker } from "./domain.ts";
import { parseSegment } from "./parse_segment.ts";
import { mathSolutions } from "./solution.ts";

/** Options of {@linkcode mathDomain}. */
export interface MathDomainOptions {
  /** Runs the steps. */
  readonly sandbox: Sandbox;
  /** Judges the answers. */
  readonly grader: Grader;
  /** Bare prompt of a fine-tuned policy, or instructions with worked examples for a general model. */
  readonly prompt: "trained" | "bootstrap";
  /** Kind of endpoint that the prompt is for. */
  readonly api: "completions" | "chat";
}

/**
 * Mathematics: a step holds when its code runs (assertions included) in the state that its ancestors left; an answer is right when
 * the grader finds its box equal to the reference.
 *
 * Neither sandbox nor grader is closed by the domain.
 *
 * @throws {ConfigError} If a fine-tuned policy is to be asked through a chat endpoint, whose template would change its prompt.
 */
export function mathDomain(options: MathDomainOptions): Domain {
  const { sandbox, grader, prompt, api } = options;
  if (prompt === "trained" && api === "chat") {
    throw new ConfigError(
      'Cannot use a fine-tuned policy through a chat endpoint: expected policy API "completions", got "chat"; ' +
        'use "completions", or prompt "bootstrap" for a general model',
    );
  }
  const isBootstrap = prompt === "bootstrap";
  return {
    name: "math",
    stopStrings: (size) => [
      ...(size === "step" ? [END_OF_STEP] : []),
      END_OF_CODE,
      END_OF_ANSWER,
      ...(isBootstrap ? [END_OF_OUTPUT] : []),
    ],
    prompt(question, solution) {
      if (!isBootstrap) return mathText(question, solution);
      return api === "chat"
        ? bootstrapMessages(question, solution)
        : bootstrapPrompt(question, solution);
    },
    text: mathText,
    parse: (completion, parseOptions) =>
      parseSegment(completion, {
        ...parseOptions,
        answerKey: answerNormalForm,
        rewrite: isBootstrap,
      }),
    answerKey: answerNormalForm,
    openChecker: () => openChecker(sandbox),
    ...(isBootstrap ? { solutions: mathSolutions(api) } : {}),
    judge: (problem, answer, callOptions) =>
      grader.grade({ answer: problem.answer, meta: problem.meta }, answer, callOptions),
  };
}

/** The text of a partial solution: what a fine-tuned policy continues, what a PPM scores, what training files hold. */
export function mathText(question: string, solution: string): string {
  return policyPrompt(question) + solution;
}

function openChecker(sandbox: Sandbox): StepChecker {
  const session = sandbox.openSession();
  const { maxCodeBytes } = sandbox.info.limits;
  return {
    async check(request, options) {
      const bytes = new TextEncoder().encode(request.code).length;
      if (bytes > maxCodeBytes) return codeTooLong(bytes, maxCodeBytes);
      return stepCheck(await session.run(request, options));
    },
    release: (state) => session.release(state),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** The value of a trailing expression counts as printed when nothing was printed; how a run failed stands behind what it printed. */
function stepCheck(outcome: StepOutcome): StepCheck {
  const { status, error, wallMs, cpuMs, state } = outcome;
  const printed = outcome.stdout === "" ? outcome.value ?? "" : outcome.stdout;
  return {
    result: status === "ok" ? "pass" : "fail",
    state,
    evidence: {
      status,
      stdout: printed,
      errorType: error?.type ?? null,
      errorMessage: error?.message ?? null,
      errorLine: error?.line ?? null,
      wallMs,
      cpuMs,
      cached: false,
    },
    isIncomplete: error !== null && endsTooEarly(error),
    output: outputBlock(withFailure(printed.replace(/\n+$/, ""), outcome)),
  };
}

function withFailure(printed: string, { status, error }: StepOutcome): string {
  if (status === "ok") return printed;
  const failure = error === null ? status : `${error.type}: ${error.message}`;
  return printed === "" ? failure : `${printed}\n${failure}`;
}

/** How Python says that a program stops in the middle of something. */
function endsTooEarly(error: StepError): boolean {
  return ["SyntaxError", "IndentationError", "_IncompleteInputError"].includes(error.type) &&
    /was never closed|unexpected EOF|expected an indented block|unterminated triple-quoted|incomplete input/
      .test(error.message);
}

function codeTooLong(bytes: number, limit: number): StepCheck {
  return {
    result: "fail",
    state: null,
    evidence: {
      status: "error",
      stdout: "",
      errorType: "CodeTooLong",
      errorMessage: `${bytes} bytes of code, at most ${limit} are run`,
      errorLine: null,
      wallMs: 0,
      cpuMs: 0,
      cached: false,
    },
    isIncomplete: false,
    output: "",
  };
}
