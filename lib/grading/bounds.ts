import { MAX_ANSWER_LENGTH } from "./normalize.ts";

const MAX_NESTING = 30;

/** Whether stage two could not take a text within its limits: too long, too deep, or a number that nobody should expand. */
export function isTooComplex(text: string): boolean {
  return text.length > MAX_ANSWER_LENGTH || nesting(text) > MAX_NESTING ||
    HUGE.some((pattern) => pattern.test(text));
}

const HUGE: readonly RegExp[] = [
  /(?:\^|\*\*)\s*[{(]*\s*[-+]?\d{5,}/, // exponents from 10,000
  /(?:\^|\*\*)\s*[{(][^{}()^]{0,20}(?:\^|\*\*)\s*[{(]?[^{}()^]{0,20}(?:\^|\*\*)/, // powers within powers within powers
  /(?:\^|\*\*)\s*\d+\s*(?:\^|\*\*)\s*\d+\s*(?:\^|\*\*)/,
  /\d\s*(?:\^|\*\*)\s*[{(]*\s*\d+\s*(?:\^|\*\*)\s*[{(]*\s*\d{2,}/, // 10^{10^{10}}
  /\d{5,}\s*[)}]*\s*!/, // factorials from 10,000
  /!\s*[)}]+\s*!/, // factorials of factorials
  /!\s*[)}]*\s*(?:\^|\*\*)|(?:\^|\*\*)\s*\{?[^{}]{0,40}!/, // powers of factorials
  /\d{401,}/,
  /\\binom\s*\{[^{}]*\d{5,}/,
];

function nesting(text: string): number {
  let depth = 0, deepest = 0;
  for (const sign of text) {
    if (sign === "{" || sign === "(" || sign === "[") deepest = Math.max(deepest, ++depth);
    else if (sign === "}" || sign === ")" || sign === "]") depth--;
  }
  return deepest;
}
