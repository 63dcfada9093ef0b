/**
 * Whole solutions of a general model (docs/search.md, "Whole solutions"): how it is asked for a program, how the program is found in its
 * reply and cut into steps, and what its answer is. The steps become segments of the format; each is run in turn.
 */
import { answerSegment, END_OF_ANSWER, END_OF_CODE, END_OF_STEP } from "../core/mod.ts";
import type { ChatMessage, Completion } from "../endpoint/policy.ts";
import { extractAnswer } from "../grading/mod.ts";
import { cutProgram, withoutBeginning } from "./cut_program.ts";
import type { SolutionDomain } from "./domain.ts";
import { printedValue } from "./printed_value.ts";
import { programIn } from "./salvage.ts";
import { joinedCode } from "./step_text.ts";

const INSTRUCTIONS =
  "Write a Python program that solves the problem. Begin each step of the reasoning with a comment line, and print nothing but " +
  "the final result at the end. You may use the standard library, sympy and numpy.";

const FENCE = "```";

/** Messages that ask for a whole program; one that was begun stands in the user's message, because not every server continues a reply. */
export function solutionMessages(
  question: string,
  begun: readonly string[],
): readonly ChatMessage[] {
  const beginning = begun.length === 0
    ? ""
    : `\n\nWrite the whole program. It must begin with exactly these lines:\n${fenced(begun)}`;
  return [{ role: "user", content: `${question}\n\n${INSTRUCTIONS}${beginning}` }];
}

/** Text for a completion endpoint, to be continued within a program. */
export function solutionPrompt(question: string, begun: readonly string[]): string {
  const open = `${FENCE}python\n${joinedCode(begun)}`;
  return `${INSTRUCTIONS}\n\nProblem: ${question}\n\nProgram:\n${open}${
    begun.length === 0 ? "" : "\n"
  }`;
}

function fenced(codes: readonly string[]): string {
  return `${FENCE}python\n${joinedCode(codes)}\n${FENCE}`;
}

/** How whole solutions are drawn by either route. */
export function mathSolutions(api: "completions" | "chat"): SolutionDomain {
  return {
    prompt: api === "chat" ? solutionMessages : solutionPrompt,
    stopStrings: api === "chat" ? [] : [`\n${FENCE}`],
    cut: cutSolution,
    answer: (printed, stated) => answerOf(printed, stated),
  };
}

/** Cuts a reply into the segments of the format; one failed segment where no program can be found in it. */
function cutSolution(
  completion: Completion,
  { begun, maxSteps }: { readonly begun: readonly string[]; readonly maxSteps: number },
): ReturnType<SolutionDomain["cut"]> {
  const { text, stopString, finishReason } = completion;
  const whole = stopString === null ? text : text.slice(0, -stopString.length);
  const isWhole = finishReason === "end" || finishReason === "stop_string";
  const program = isWhole ? programIn(whole) : null;
  const steps = program === null ? null : withoutBeginning(cutProgram(program), begun);
  if (steps === null || steps.length === 0) return { steps: [asFailed(completion)], stated: null };
  const kept = steps.length <= maxSteps
    ? steps
    : [...steps.slice(0, maxSteps - 1), joinedCode(steps.slice(maxSteps - 1))];
  const shares = sharedTokens(kept, completion.tokens);
  return {
    steps: kept.map((code, i) =>
      segment(`${code}\n${i === kept.length - 1 ? END_OF_CODE : END_OF_STEP}`, {
        stop: i === kept.length - 1 ? END_OF_CODE : END_OF_STEP,
        tokens: shares[i] ?? 0,
      })
    ),
    stated: extractAnswer(whole).answer,
  };
}

function segment(
  text: string,
  { stop, tokens }: { readonly stop: string; readonly tokens: number },
): Completion {
  return { text, stopString: stop, finishReason: "stop_string", tokens };
}

/** Without its stop string, which is none of the format's: it is read as what no program was found in. */
function asFailed(completion: Completion): Completion {
  return completion.stopString === null
    ? completion
    : { ...completion, stopString: null, finishReason: "end" };
}

/** Shares of a reply's tokens by length; they add up. */
function sharedTokens(codes: readonly string[], tokens: number): readonly number[] {
  const total = codes.reduce((sum, code) => sum + code.length, 0);
  let before = 0;
  return codes.map((code) => {
    const from = Math.round((before / total) * tokens);
    before += code.length;
    return Math.round((before / total) * tokens) - from;
  });
}

/** The answer that follows a program: the value that it printed, else what the reply stated; text that is no answer where there is neither. */
function answerOf(printed: string, stated: string | null): Completion {
  const answer = printedValue(printed) ?? stated;
  return answer === null
    ? { text: printed, stopString: null, finishReason: "end", tokens: 0 }
    : segment(answerSegment(answer), { stop: END_OF_ANSWER, tokens: 0 });
}
