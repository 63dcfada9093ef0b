/**
 * A completion of the policy, understood (docs/text_format.md, "Segment types"). The stop string gives the type, never what the text
 * looks like: a model may write any marker anywhere.
 */
import { ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_STEP } from "../core/mod.ts";
import type { Completion } from "../endpoint/policy.ts";
import { extractAnswer } from "../grading/mod.ts";
import type { ParseOptions, Segment } from "./domain.ts";
import { isWholeCode, normalizeCode } from "./normalize_code.ts";
import { holdsForeignMark, joinedCode, stepCodes, stepText } from "./step_text.ts";

/** Options of {@linkcode parseSegment}. */
export interface ParseSegmentOptions extends ParseOptions {
  /** Answers with equal keys are equal. */
  readonly answerKey: (answer: string) => string;
  /**
   * Whether the white space around an answer's wording is laid out anew. For a general model, whose own layout varies and would be
   * what the next model learns. Code is always laid out anew.
   */
  readonly rewrite: boolean;
}

/** Understands one completion; a text that fits no rule is a `failed` segment, never an exception. */
export function parseSegment(completion: Completion, options: ParseSegmentOptions): Segment {
  const { text, stopString } = completion;
  if (stopString === null) {
    const { finishReason, serverReason } = completion;
    const shown = serverReason === undefined ? text : `${text}[ended: ${serverReason}]`;
    return failed(shown, finishReason === "length" ? "truncated" : "unparsable");
  }
  const body = text.endsWith(stopString) ? text.slice(0, -stopString.length) : text;
  if (stopString === END_OF_STEP || stopString === END_OF_CODE) {
    return parseCode(text, { ...options, body, stopString });
  }
  return stopString === END_OF_ANSWER
    ? parseAnswer(text, { ...options, body })
    : failed(text, "unparsable");
}

/** The text is built anew from the code that is to run: what a model wrote around it is neither judged nor kept. */
function parseCode(
  text: string,
  options: ParseSegmentOptions & { readonly body: string; readonly stopString: string },
): Segment {
  const { body, stopString, parent, codeAfterOutput } = options;
  if (parent === "code_end" && !codeAfterOutput) return failed(text, "unparsable");
  const pieces = stepCodes(body);
  if (pieces === null) return failed(text, "unparsable");
  // What ran is the whole. A mark within a string or a block would show steps to a reader that do not run one by one.
  const codes = pieces.every(isWholeCode) ? pieces : [joinedCode(pieces)];
  const kind = stopString === END_OF_STEP ? "step" : "code_end";
  const code = joinedCode(codes);
  return {
    kind,
    failure: null,
    text: stepText(codes, { kind, parent }),
    code,
    answer: null,
    mergeKey: `${kind}:${normalizeCode(code)}`,
  };
}

/**
 * An answer is what stands in the last box behind the last `<answer>` mark, and that is what is kept. Only after a finished program
 * may it come without its mark or after other words; elsewhere such text could be code that nothing has run.
 */
function parseAnswer(
  text: string,
  options: ParseSegmentOptions & { readonly body: string },
): Segment {
  const { body, parent, answerKey, rewrite } = options;
  if (body.includes("<code>") || !body.isWellFormed()) return failed(text, "unparsable");
  const mark = body.indexOf(ANSWER);
  const isBare = mark < 0 || body.slice(0, mark).trim() !== "";
  if (isBare && parent !== "code_end") return failed(text, "unparsable");
  const statement = mark < 0 ? body : body.slice(body.lastIndexOf(ANSWER) + ANSWER.length);
  const { answer, rule } = extractAnswer(statement);
  if (answer === null || answer.trim() === "" || rule !== "boxed" || holdsForeignMark(statement)) {
    return failed(text, "unparsable");
  }
  const opening = parent === "code_end" ? "" : "\n";
  const wording = rewrite ? `${statement.trim()}\n` : statement;
  return {
    kind: "answer",
    failure: null,
    text: `${opening}${ANSWER}${wording}${END_OF_ANSWER}`,
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
