/**
 * The text format of a trajectory (docs/text_format.md), literal piece by literal piece. Search, training data, the starter
 * world and the engine all take it from here, so that what a model was trained on and what it is prompted with cannot drift apart.
 *
 * Invariant: segments are concatenated verbatim; nothing trims, joins or normalises them.
 */

/** Ends a code step. */
export const END_OF_STEP = "<end_of_step>";

/** Ends the last code step: the code is complete and its output follows. */
export const END_OF_CODE = "<end_of_code>";

/** Ends the answer, and with it the trajectory. */
export const END_OF_ANSWER = "<end_of_answer>";

/** Opens what the program printed. */
export const OUTPUT = "<output>";

/** Closes what the program printed. */
export const END_OF_OUTPUT = "<end_of_output>";

/** Opens the answer. */
export const ANSWER = "<answer>";

/** The fifteen special tokens, in the order in which they are added to a tokenizer (docs/text_format.md, "Special tokens"). */
export const SPECIAL_TOKENS = [
  "<code>",
  END_OF_STEP,
  END_OF_CODE,
  OUTPUT,
  END_OF_OUTPUT,
  ANSWER,
  END_OF_ANSWER,
  "<|user|>",
  "<|assistant|>",
  "\n<|assistant|>",
  "<refine>",
  "<end_of_refine>",
  "<error_info>",
  "<end_of_error_info>",
  "<BACK>",
] as const;

/** Where a policy stops; the stop string gives the type of the segment. */
export const STOP_STRINGS = [END_OF_STEP, END_OF_CODE, END_OF_ANSWER] as const;

/** Root text of every trajectory: the one prompt builder of search, fine-tuning and the PPM. */
export function policyPrompt(question: string): string {
  return `<|user|>:\n${question}\n<|assistant|>: ` +
    "Let's think step by step and solve the problem with code.";
}

/** A mark of the format within other text. */
const MARK = new RegExp(
  `<(?=(?:${SPECIAL_TOKENS.map((token) => RegExp.escape(token.trim().slice(1))).join("|")}))`,
  "g",
);

/**
 * Text that the harness appends to a segment that ended in {@linkcode END_OF_CODE}. A program may print the format's own marks: to every
 * reader of the whole text, a tokenizer among them, they would end its output and begin a program that never ran. So printed marks are
 * taken apart, `<code>` to `< code>`.
 */
export function outputBlock(text: string): string {
  return `\n${OUTPUT}${text.replaceAll(MARK, "< ")}${END_OF_OUTPUT}\n`;
}

/** A whole answer segment, stop string included. */
export function answerSegment(answer: string): string {
  return `${ANSWER}The answer is \\boxed{${answer}}.\n${END_OF_ANSWER}`;
}
