/**
 * A solution with code, drawn without search: the whole program in one request, one run, then the answer. Nothing branches, so
 * nothing needs the state between two steps.
 */
import { END_OF_CODE, END_OF_STEP, type Json } from "../../core/mod.ts";
import type { Question, Segment, StepCheck, StepDomain } from "../../domain/domain.ts";
import type { Completion } from "../../endpoint/policy.ts";
import { extractAnswer } from "../../grading/mod.ts";
import { boundedAnswer, boundedText } from "../_bounded.ts";
import { SampleDrawer } from "./_requests.ts";
import type { PolicyModeSettings } from "./_settings.ts";
import type { Attempt, SolveContext } from "./mode.ts";

/** An attempt with the text that a PPM scores. */
export interface Solution extends Attempt {
  /** Prompt and all segments, outputs included. */
  readonly text: string;
}

/** Request for one sample of a question. */
export interface SolveRequest {
  readonly question: Question;
  /** Index of the sample. */
  readonly sample: number;
  readonly settings: PolicyModeSettings;
  readonly context: SolveContext;
}

/** How a solution ended. */
interface Ending extends Pick<Attempt, "outcome"> {
  readonly answer: string | null;
  /** Rule that found an answer which does not follow the format. */
  readonly rule?: string;
}

/** Draws one solution with code. */
export async function solveByProgram(request: SolveRequest): Promise<Solution> {
  const { question, sample, settings, context } = request;
  const { domain } = context;
  const drawer = new SampleDrawer({
    context,
    sampling: settings.sampling,
    questionId: question.id,
    sample,
  });
  const stop = domain.stopStrings("code");
  const finish = (solution: string, ending: Ending, check: StepCheck | null = null): Solution => ({
    ...drawer.usage,
    answer: ending.answer === null ? null : boundedAnswer(ending.answer),
    outcome: ending.outcome,
    score: null,
    ppmTokens: 0,
    text: domain.text(question.question, solution),
    trace: {
      text: boundedText(solution),
      ...(ending.rule === undefined ? {} : { loose: ending.rule }),
      ...executionTrace(check),
    },
  });

  const first = await drawer.draw(domain.prompt(question.question, ""), { stop });
  if (first === null) return finish("", { answer: null, outcome: "truncated" });
  const program = parse(domain, first, "root");
  if (program.kind !== "code_end") {
    return finish(program.text, endingOf(program, settings));
  }
  const check = await runProgram(program, context);
  if (check.result === "fail") {
    return finish(program.text, { answer: null, outcome: "failed_execution" }, check);
  }
  const solution = program.text + check.output;
  const second = await drawer.draw(domain.prompt(question.question, solution), {
    stop,
    added: check.output,
  });
  if (second === null) return finish(solution, { answer: null, outcome: "truncated" }, check);
  const answer = parse(domain, second, "code_end");
  return finish(solution + answer.text, endingOf(answer, settings), check);
}

function executionTrace(check: StepCheck | null): Readonly<Record<string, Json>> {
  const evidence = check?.evidence ?? null;
  if (evidence === null) return {};
  const { status, errorType: error, errorMessage } = evidence;
  return { execution: { status, error, message: boundedText(errorMessage ?? "", 500) } };
}

function parse(domain: StepDomain, completion: Completion, parent: "root" | "code_end"): Segment {
  return domain.parse(completion, { parent, codeAfterOutput: false });
}

/** Text that follows no rule of the format may still name its answer, unless it holds code that nothing has run. */
function endingOf(segment: Segment, { extraction }: PolicyModeSettings): Ending {
  if (segment.kind === "answer") return { answer: segment.answer, outcome: "answered" };
  if (segment.failure === "truncated") return { answer: null, outcome: "truncated" };
  if (segment.text.includes("<code>")) return { answer: null, outcome: "no_answer" };
  const { answer, rule, isTruncated } = extractAnswer(segment.text, extraction);
  if (answer !== null) return { answer, outcome: "answered", rule };
  return { answer: null, outcome: isTruncated ? "truncated" : "no_answer" };
}

/** Pattern for code that may write to the output. A step that it matches nowhere prints nothing. */
const MAY_PRINT = /print|write|std(?:out|err)|display|help|exec|eval|import\s+this/;

/**
 * Runs a program, once where only its last step can print. Otherwise twice, because the output that a model is shown, in training and
 * here, is that of the last step alone.
 */
async function runProgram(program: Segment, context: SolveContext): Promise<StepCheck> {
  const { domain, signal } = context;
  await using checker = domain.openChecker();
  const split = splitLastStep(program, domain);
  if (split === null) {
    return await checker.check({ parent: null, code: program.code ?? "", keep: false }, { signal });
  }
  const before = await checker.check({ parent: null, code: split.body, keep: true }, { signal });
  if (before.result === "fail") return before;
  return await checker.check({ parent: before.state, code: split.last, keep: false }, { signal });
}

/** The last step apart from those before it; `null` where only the last one can print. */
function splitLastStep(
  { text }: Segment,
  domain: StepDomain,
): { readonly body: string; readonly last: string } | null {
  const parts = text.split(END_OF_STEP);
  const steps = parts.slice(0, -1).map((part, i) =>
    codeOf(domain, part, { stopString: END_OF_STEP, parent: i === 0 ? "root" : "step" })
  ).filter((code) => code !== null);
  if (!steps.some((code) => MAY_PRINT.test(code))) return null;
  const last = codeOf(domain, (parts.at(-1) ?? "").replace(END_OF_CODE, ""), {
    stopString: END_OF_CODE,
    parent: "step",
  });
  return last === null ? null : { body: steps.join("\n"), last };
}

function codeOf(
  domain: StepDomain,
  part: string,
  options: { readonly stopString: string; readonly parent: "root" | "step" },
): string | null {
  const { stopString, parent } = options;
  return domain.parse(
    { text: part + stopString, finishReason: "stop_string", stopString, tokens: 0 },
    { parent, codeAfterOutput: false, isPiece: true },
  ).code;
}
