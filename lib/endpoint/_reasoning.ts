/** A model's reasoning, told from its reply: it is paid for and never taken for the answer. */

/** Marks that models put around the reasoning in front of their reply. */
const MARKS: readonly (readonly [opening: string, closing: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<reasoning>", "</reasoning>"],
  ["<seed:think>", "</seed:think>"],
  ["[THINK]", "[/THINK]"],
];

/** A text in two parts. */
export interface SplitText {
  readonly reasoning: string;
  readonly text: string;
}

/**
 * Takes the reasoning off the beginning of a text. A template may have written the opening mark, so a closing one alone ends reasoning;
 * what was opened and not closed is nothing else.
 */
export function splitReasoning(text: string): SplitText {
  for (const [opening, closing] of MARKS) {
    const begin = text.trimStart();
    const isOpened = begin.startsWith(opening);
    const end = text.indexOf(closing);
    if (end < 0 && isOpened) return { reasoning: begin.slice(opening.length), text: "" };
    if (end < 0 || (!isOpened && text.slice(0, end).includes(opening))) continue;
    const before = text.slice(0, end);
    return {
      reasoning: isOpened ? before.trimStart().slice(opening.length) : before,
      text: text.slice(end + closing.length).replace(/^\s*\n/, ""),
    };
  }
  return { reasoning: "", text };
}
