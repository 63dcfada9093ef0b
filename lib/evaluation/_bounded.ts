/** Longest text of a model that one sample keeps, characters. */
export const MAX_TEXT = 32_000;

/** Longest answer that is kept and graded, characters; far beyond what the grader takes for an answer. */
export const MAX_ANSWER = 20_000;

/**
 * Model text as it is stored: valid Unicode without NUL, which no database column and no JSON parser refuses, and with its middle
 * cut out where it is too long.
 */
export function boundedText(text: string, limit = MAX_TEXT): string {
  if (text.length <= limit) return storable(text);
  const half = Math.floor(limit / 2);
  const left = text.length - 2 * half;
  return `${storable(text.slice(0, half))}\n[${left} characters left out]\n${
    storable(text.slice(-half))
  }`;
}

/** An answer as it is stored and graded; one that is cut is too long to be right. */
export function boundedAnswer(answer: string): string {
  return storable(answer.slice(0, MAX_ANSWER));
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\ufffd");
}
