import { END_OF_ANSWER } from "../core/mod.ts";
import { lastBoxes } from "./boxes.ts";

/** Which rule of evaluation.md 1.6 found the answer. */
export type ExtractionRule = "answer_step" | "boxed" | "phrase" | "maths" | "last_number" | "none";

/** What was found in a reply. */
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

/** The answer of a whole reply, by the first rule that applies (evaluation.md 1.6). Linear in the length of the reply. */
export function extractAnswer(reply: string, options: ExtractionOptions = {}): Extraction {
  const thought = reply.lastIndexOf("</think>");
  if (thought < 0 && reply.includes("<think>")) return nothing(true);
  const text = thought < 0 ? reply : reply.slice(thought + "</think>".length);
  const step = lastAnswerStep(text);
  if (step !== null) {
    const boxed = lastBoxes(step);
    const answer = boxed.answer ?? afterPhrase(step);
    if (answer !== null) return found(answer, "answer_step");
  }
  const boxed = lastBoxes(text);
  if (boxed.answer !== null) return found(boxed.answer, "boxed");
  if (boxed.isTruncated) return nothing(true);
  return extractFromProse(text.slice(-TAIL_LENGTH), options);
}

function lastAnswerStep(text: string): string | null {
  const end = text.lastIndexOf(END_OF_ANSWER);
  if (end < 0) return null;
  const start = text.lastIndexOf("<answer>", end);
  return start < 0 ? null : text.slice(start + "<answer>".length, end);
}

function extractFromProse(text: string, options: ExtractionOptions): Extraction {
  const phrase = afterPhrase(text);
  if (phrase !== null) return found(phrase, "phrase");
  if (looksLikeCode(text)) return nothing(false);
  if (options.lastFormula === true) {
    const guess = lastFormula(text) ?? bareReply(text);
    if (guess !== null) return { ...found(guess, "maths"), isLoose: true };
  }
  if (options.lastNumber === true) {
    const number = [...text.matchAll(NUMBER)].at(-1);
    if (number !== undefined) return { ...found(number[0].trim(), "last_number"), isLoose: true };
  }
  return nothing(false);
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

const PHRASE =
  /(?:final answer(?:\s+\w+){0,6}?\s+(?:is|are)\b|(?:answers?|(?:correct|right|best)\s+(?:option|choice))\s+(?:is|are)\b|(?:final\s+)?answer\s*\**\s*[:：]|####|答案\s*(?:是|为|[:：])|réponse est)\s*:?/giu;

/** What follows the last "the answer is", up to the end of its sentence; `null` where no such phrase, or nothing behind it, stands. */
function afterPhrase(text: string): string | null {
  for (const match of [...text.matchAll(PHRASE)].reverse()) {
    const rest = text.slice(match.index + match[0].length, match.index + match[0].length + 2000);
    const sentence = sentenceOf(rest.trimStart());
    const answer = answerOfSentence(sentence);
    if (answer !== null) return answer;
  }
  return null;
}

/** A full stop ends a sentence unless it stands between digits or inside maths. */
function sentenceOf(text: string): string {
  let inMaths = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\") {
      const next = text[++i];
      if (next === "(" || next === "[") inMaths = true;
      else if (next === ")" || next === "]") inMaths = false;
    } else if (text[i] === "$") inMaths = !inMaths;
    else if (
      !inMaths &&
      (text[i] === "\n" || text[i] === "。" || (text[i] === "." && /\s/.test(text[i + 1] ?? " ")))
    ) {
      if (text.slice(0, i).trim() !== "") return text.slice(0, i).trim();
    }
  }
  return text.trim();
}

function answerOfSentence(sentence: string): string | null {
  const text = sentence.replace(/<\|.*$/s, "").replace(/^\*+|\*+$/g, "").trim();
  if (text === "") return null;
  const outside = text.replace(FORMULA, " ");
  if (!isProse(outside)) return text;
  return lastFormula(text) ?? (text.length < 200 ? text : null);
}

/** Sentences, as opposed to a value with a unit or a list with "and". */
function isProse(text: string): boolean {
  if (/\p{Script=Han}{2,}/u.test(text)) return true;
  const bare = text.replace(/\\(?:begin|end)\s*(?:\{\w*\*?\}\s*)+|\\[a-zA-Z]+/g, " ");
  const words = bare.match(/\p{L}{2,}/gu) ?? [];
  return words.filter((word) => !/^(?:and|or)$/i.test(word)).length >= 3;
}

const FORMULA =
  /\$\$[^$]+\$\$|(?<![\\\d])\$(?:\\\$|[^$\n])+\$|\\\((?:[^\\\n]|\\(?!\)))+\\\)|\\\[(?:[^\\]|\\(?!\]))+\\\]/g;
const NUMBER =
  /(?<![\d.,A-Za-z_^{])[-−]?(?:\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:\s*\/\s*\d+(?!\d|\.\d))?(?:\s*(?:\\?%|percent\b|pct\b))?/gu;
const FRACTION = /-?\\[dt]?frac\{-?\d+(?:\.\d+)?\}\{-?\d+(?:\.\d+)?\}/g;

/** The formula, fraction or number that ends last; formulas parted by commas, "and" or "or" are one list. */
function lastFormula(text: string): string | null {
  const formulas = [...text.matchAll(FORMULA)];
  const last = formulas.at(-1);
  const formulaEnd = last === undefined ? -1 : last.index + last[0].length;
  const rest = text.slice(Math.max(0, formulaEnd));
  const number = [...rest.matchAll(NUMBER), ...rest.matchAll(FRACTION)]
    .sort((a, b) => a.index + a[0].length - b.index - b[0].length).at(-1);
  if (number !== undefined && !isUnitPower(rest, number.index)) return number[0].trim();
  if (last === undefined) return null;
  const percent = /^\s*(?:\\?%|percent|pct)/.test(rest) ? "\\%" : "";
  return joinNeighbours(text, formulas) + percent;
}

/** The 2 of `m^2`, `m2`. */
function isUnitPower(text: string, index: number): boolean {
  return /[a-zA-Z^]$/.test(text.slice(0, index));
}

function joinNeighbours(text: string, formulas: readonly RegExpExecArray[]): string {
  const parts: string[] = [];
  let start = text.length;
  for (const formula of [...formulas].reverse()) {
    const end = formula.index + formula[0].length;
    if (parts.length > 0 && !/^\s*(?:,|,?\s*(?:and|or))\s*$/.test(text.slice(end, start))) break;
    parts.unshift(formula[0].replace(/^\$+|\$+$|^\\[([]|\\[)\]]$/g, ""));
    start = formula.index;
  }
  return parts.join(", ");
}

/** Program text has no answer to guess at. */
export function looksLikeCode(text: string): boolean {
  return /__\w+__|\w\s*\(\s*['"]|\blambda\b|\bimport\s+\w/.test(text);
}

/** Whether a "bare answer" is really a reply in sentences, from which the answer must still be taken. */
export function isReply(text: string): boolean {
  if (looksLikeCode(text)) return false;
  return text.search(PHRASE) >= 0 ||
    isProse(text.replace(/\\text\w*\{[^}]*\}/g, " ").replace(FORMULA, " "));
}
