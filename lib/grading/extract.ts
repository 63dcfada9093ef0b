import { END_OF_ANSWER } from "../core/mod.ts";
import { lastBoxes } from "./boxes.ts";
import { findFormulas, type Formula, withoutFormulas } from "./formulas.ts";
import { splitLabel } from "./label.ts";
import { unquote } from "./normalize.ts";
import { isProse, sentenceOf, statedValue } from "./sentence.ts";

/** Rule that found the answer (docs/evaluation.md, "Extraction"). */
export type ExtractionRule = "answer_step" | "boxed" | "phrase" | "maths" | "last_number" | "none";

/** Result of looking for the answer in a reply. */
export interface Extraction {
  /** The bare answer; `null` when there is none. */
  readonly answer: string | null;
  readonly rule: ExtractionRule;
  /** Found by guessing (last number, last formula): counted apart. */
  readonly isLoose: boolean;
  /** The reply ends within its reasoning or within a box. */
  readonly isTruncated: boolean;
}

/** Options of {@linkcode extractAnswer}. */
export interface ExtractionOptions {
  /** Take the last number when nothing else is found; a property of a set (on for GSM8K). @default false */
  readonly lastNumber?: boolean;
  /** Take the last formula or number, whichever stands later; for grading replies of unknown origin. @default false */
  readonly lastFormula?: boolean;
}

/** Rules that read prose look at the end of a reply only, so that 10 MB cost no more than this. */
const TAIL_LENGTH = 20_000;
/** Answer phrases that are tried, from the last one on. */
const MAX_PHRASES = 32;

/** The answer of a whole reply, by the first rule that applies (docs/evaluation.md, "Extraction"). Linear in the length of the reply. */
export function extractAnswer(reply: string, options: ExtractionOptions = {}): Extraction {
  const thought = reply.lastIndexOf("</think>");
  if (thought < 0 && reply.includes("<think>")) return nothing(true);
  const text = thought < 0 ? reply : reply.slice(thought + "</think>".length);
  const step = lastTagged(text, END_OF_ANSWER);
  if (step !== null) {
    const answer = lastBoxes(step).answer ?? afterPhrase(readable(step));
    if (answer !== null) return found(answer, "answer_step");
  }
  const boxed = lastBoxes(text);
  if (boxed.answer !== null) return found(boxed.answer, "boxed");
  if (boxed.isTruncated) return nothing(true);
  const tagged = lastTagged(text, "</answer>");
  if (tagged !== null && tagged.trim() !== "") return found(answerOfTag(tagged), "answer_step");
  return extractFromProse(readable(text), options);
}

/** Text between the last `closing` and the `<answer>` before it; `null` where either is missing. */
function lastTagged(text: string, closing: string): string | null {
  const end = text.lastIndexOf(closing);
  if (end < 0) return null;
  const start = text.lastIndexOf("<answer>", end);
  return start < 0 ? null : text.slice(start + "<answer>".length, end);
}

function answerOfTag(content: string): string {
  const text = readable(content);
  return afterPhrase(text) ?? statedValue(text) ?? lastFormula(text) ?? text;
}

/** The end of a text as it would be read: no runs of spaces, no fences of code, no tags of typefaces. */
function readable(text: string): string {
  return text.slice(-TAIL_LENGTH).replace(/[^\S\n]+/g, " ").replace(/\n[\n ]*/g, "\n")
    .replace(/(?<=^|\n)(?:```|~~~)\w*(?=\n|$)/g, "")
    .replace(/\\(?:math|text)(?:bf|rm|it|sf) ?\{ ?(-?[\d.,/]{1,40}) ?\}/g, " $1")
    .replace(/<\/?(?:b|strong|em|i|u|code|span|p|br)\s?\/?>/g, "");
}

function extractFromProse(text: string, options: ExtractionOptions): Extraction {
  const phrase = afterPhrase(text);
  if (phrase !== null) return found(phrase, "phrase");
  if (looksLikeCode(text)) return nothing(false);
  if (options.lastFormula === true) {
    const guess = labelledReply(text) ?? lastFormula(text) ?? bareReply(text);
    if (guess !== null) return { ...found(guess, "maths"), isLoose: true };
  }
  if (options.lastNumber === true) {
    const number = [...text.matchAll(NUMBER)].at(-1);
    if (number !== undefined) return { ...found(number[0].trim(), "last_number"), isLoose: true };
  }
  return nothing(false);
}

/** A reply that is nothing but a choice with its letter: `**B) 14**`. The letter may be what is asked for. */
function labelledReply(text: string): string | null {
  const reply = unquote(text);
  return bareReply(reply) === null || splitLabel(reply) === null ? null : reply;
}

/** A reply that is nothing but an answer: `**C**`. */
function bareReply(text: string): string | null {
  const reply = text.trim();
  return reply === "" || reply.length > 60 || isProse(reply) ? null : reply;
}

function found(answer: string, rule: ExtractionRule): Extraction {
  return { answer: answer.trim(), rule, isLoose: false, isTruncated: false };
}

function nothing(isTruncated: boolean): Extraction {
  return { answer: null, rule: "none", isLoose: false, isTruncated };
}

/** Of readable text: on long runs of spaces it would take quadratic time. */
const PHRASE =
  /(?:final answer(?:\s\w+){0,6}?\s(?:is|are)\b|(?:answers?|(?:correct|right|best)\s(?:option|choice))\s(?:is|are)\b|(?:final\s)?answer\s?[*_]{0,4}\s?[:：=]|####|答案\s?(?:是|为|[:：])|(?:故|因此|所以|应)选|réponse est)\s?[:：]?/giu;

/** Answer behind the last "the answer is" that has one, up to the end of its sentence; `null` where there is none. */
function afterPhrase(text: string): string | null {
  for (const match of [...text.matchAll(PHRASE)].slice(-MAX_PHRASES).reverse()) {
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 2000);
    const answer = answerOfSentence(sentenceOf(rest.replace(/^\s*(?:[*_]{1,3}(?=\s))?\s*/, "")));
    if (answer !== null) return answer;
  }
  return null;
}

function answerOfSentence(sentence: string): string | null {
  if (sentence === "") return null;
  return statedValue(sentence) ?? lastFormula(sentence) ??
    (sentence.length < 200 ? sentence : null);
}

const NUMBER =
  /(?<![\d.,A-Za-z_^{])[-−]?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s*\/\s*\d+(?!\d|\.\d))?(?:\s*(?:\\?%|percent\b|pct\b))?/gu;
const FRACTION = /-?\\[dt]?frac\{-?\d+(?:\.\d+)?\}\{-?\d+(?:\.\d+)?\}/g;

const PLAIN = String.raw`[-−]?\d{1,15}(?:[./]\d{1,15})?`;
const JOIN = String.raw`\s?(?:,(?:\s?(?:and|or)\b)?|(?:and|or)\b)\s?`;
const PLAIN_LISTS: readonly RegExp[] = [
  // `(x, y) = (1, 2)`
  new RegExp(String.raw`(?<![\w)])\(\s?${PLAIN}(?:\s?,\s?${PLAIN}){1,9}\s?\)`, "g"),
  // `x = 3 or x = -2`
  new RegExp(
    String.raw`(?<![\w\\])([a-z])\s?=\s?${PLAIN}(?:${JOIN}\1\s?=\s?${PLAIN}){1,9}(?![\w/])`,
    "g",
  ),
  // `The roots are 3 and -2`
  new RegExp(
    String
      .raw`(?<=\b(?:solutions|roots|zeros|zeroes|answers|values)\s(?:are|were)\s:?)\s?${PLAIN}(?:${JOIN}${PLAIN}){1,9}(?![\w/])`,
    "g",
  ),
];

/** Lists of numbers that stand in prose without delimiters; the last one is an answer only as a whole. */
function plainLists(text: string): RegExpExecArray[] {
  return PLAIN_LISTS.flatMap((pattern) => [...text.matchAll(pattern)]);
}

/** The formula, fraction or number that ends last; formulas parted by commas, "and" or "or" are one list. */
function lastFormula(text: string): string | null {
  const formulas = findFormulas(text);
  const last = formulas.at(-1);
  const rest = text.slice(last?.end ?? 0);
  // Of two that end together, the one that begins first holds the other.
  const number = [...plainLists(rest), ...rest.matchAll(NUMBER), ...rest.matchAll(FRACTION)]
    .sort((a, b) => a.index + a[0].length - b.index - b[0].length || b.index - a.index).at(-1);
  if (number !== undefined && !isUnitPower(rest, number.index)) return number[0].trim();
  if (last === undefined) return null;
  const percent = /^\s*(?:\\?%|percent|pct)/.test(rest) ? "\\%" : "";
  return joinNeighbours(text, formulas) + percent;
}

/** The 2 of `m^2`, `m2`. */
function isUnitPower(text: string, index: number): boolean {
  return /[a-zA-Z^]$/.test(text.slice(Math.max(0, index - 1), index));
}

function joinNeighbours(text: string, formulas: readonly Formula[]): string {
  const parts: string[] = [];
  let from = text.length;
  for (const { start, end, content } of [...formulas].reverse()) {
    if (parts.length > 0) {
      const isNear = from - end <= 10 &&
        /^\s*(?:,|,?\s*(?:and|or))\s*$/.test(text.slice(end, from));
      if (!isNear) break;
    }
    parts.unshift(content);
    from = start;
  }
  return parts.join(", ");
}

/** Program text has no answer to guess at. */
export function looksLikeCode(text: string): boolean {
  return /__\w+__|\w\s?\(\s?['"]|\blambda\b|\bimport\s\w/.test(text.replace(/\s+/g, " "));
}

/** Whether a "bare answer" is really a reply in sentences, from which the answer must still be taken. */
export function isReply(text: string): boolean {
  const end = readable(text);
  if (looksLikeCode(end)) return false;
  if (end.search(PHRASE) >= 0) return true;
  return isProse(withoutFormulas(end.replace(/\\text\w{0,10}\{[^{}\\]*\}/g, " ")));
}
