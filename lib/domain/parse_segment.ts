/**
 * A completion of the policy, understood (algorithm.md 3.3). The stop string gives the type, never what the text looks like: a
 * model may write any marker anywhere.
 */
import { END_OF_ANSWER, END_OF_CODE, END_OF_STEP } from "../core/mod.ts";
import type { Completion } from "../endpoint/policy.ts";
import { extractAnswer } from "../grading/mod.ts";
import type { ParseOptions, Segment } from "./domain.ts";
import { normalizeCode } from "./normalize_code.ts";

/** Options of {@linkcode parseSegment}. */
export interface ParseSegmentOptions extends ParseOptions {
  /** Answers with equal keys are equal. */
  readonly answerKey: (answer: string) => string;
  /**
   * Whether the segment is written anew in the layout of the format. For a general model, whose own layout varies and would be
   * what the next model learns; a fine-tuned policy's text is kept as it is.
   */
  readonly rewrite: boolean;
}

/** Understands one completion; a text that fits no rule is a `failed` segment, never an exception. */
export function parseSegment(completion: Completion, options: ParseSegmentOptions): Segment {
  const { text, stopString } = completion;
  if (stopString === null) {
    return failed(text, completion.finishReason === "length" ? "truncated" : "unparsable");
  }
  const body = text.endsWith(stopString) ? text.slice(0, -stopString.length) : text;
  if (stopString === END_OF_STEP || stopString === END_OF_CODE) {
    return parseCode(text, { ...options, body, stopString });
  }
  return stopString === END_OF_ANSWER
    ? parseAnswer(text, { ...options, body })
    : failed(text, "unparsable");
}

function parseCode(
  text: string,
  options: ParseSegmentOptions & { readonly body: string; readonly stopString: string },
): Segment {
  const { body, stopString, parent, codeAfterOutput, rewrite } = options;
  if (parent === "code_end" && !codeAfterOutput) return failed(text, "unparsable");
  const code = codeOf(body);
  if (code === "") return failed(text, "unparsable");
  const kind = stopString === END_OF_STEP ? "step" : "code_end";
  const opening = parent === "step" ? "\n\n" : "\n<code>\n";
  return {
    kind,
    failure: null,
    text: rewrite ? `${opening}${code}\n${stopString}` : text,
    code,
    answer: null,
    mergeKey: `${kind}:${normalizeCode(code)}`,
  };
}

/** The Python of a segment: what follows the last opening marker, without step marks of a whole program and Markdown fences. */
function codeOf(body: string): string {
  const opening = [...body.matchAll(/^[ \t]*<code>[ \t]*\n?/gm)].at(-1);
  const code = opening === undefined ? body : body.slice(opening.index + opening[0].length);
  const lines = code.split("\n").filter((line) => line.trim() !== END_OF_STEP);
  trimBlank(lines);
  if (/^\s*```(?:python|py)?\s*$/.test(lines[0] ?? "")) lines.shift();
  if (/^\s*```\s*$/.test(lines.at(-1) ?? "")) lines.pop();
  trimBlank(lines);
  return lines.join("\n");
}

function trimBlank(lines: string[]): void {
  while (lines[0]?.trim() === "") lines.shift();
  while (lines.at(-1)?.trim() === "") lines.pop();
}

/**
 * An answer is what stands in the last box. Only after a finished program may it come without its `<answer>` mark or after other
 * words; elsewhere such text could be code that nothing has run.
 */
function parseAnswer(
  text: string,
  options: ParseSegmentOptions & { readonly body: string },
): Segment {
  const { body, parent, answerKey, rewrite } = options;
  if (/^[ \t]*<code>/m.test(body)) return failed(text, "unparsable");
  const mark = body.indexOf("<answer>");
  const isBare = mark < 0 || body.slice(0, mark).trim() !== "";
  if (isBare && parent !== "code_end") return failed(text, "unparsable");
  const statement = mark < 0 ? body : body.slice(mark + "<answer>".length);
  const { answer, rule } = extractAnswer(statement);
  if (answer === null || answer.trim() === "" || rule !== "boxed") {
    return failed(text, "unparsable");
  }
  const opening = parent === "code_end" ? "" : "\n";
  return {
    kind: "answer",
    failure: null,
    text: rewrite ? `${opening}<answer>${statement.trim()}\n${END_OF_ANSWER}` : text,
    code: null,
    answer,
    mergeKey: `answer:${answerKey(answer)}`,
  };
}

function failed(text: string, failure: "truncated" | "unparsable"): Segment {
  return {
    kind: "failed",
    failure,
    text,
    code: null,
    answer: null,
    mergeKey: `${failure}:${text}`,
  };
}
