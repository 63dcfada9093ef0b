/** Reads reference answers as published sets write them: bare, as a list, behind a rationale, with a unit in brackets. */
import type { ProblemMeta } from "../core/mod.ts";
import { lastBoxed } from "./_boxed.ts";

/** A reference answer and what its writing says about it. */
export interface ReferenceAnswer {
  readonly answer: string;
  readonly meta: ProblemMeta;
}

/** Texts that stand in place of a value, without what is written around them. */
const PLACEHOLDER = new RegExp(
  `^(${
    [
      "(see |the |a |by )?(above |full |complete )?(proof|solution|above|figure|explanation)" +
      "( (omitted|needed|required|in|of|see)\\b.*)?",
      "pro(ved|ven)|q\\.?e\\.?d|\\\\(blacksquare|square|qed)",
      "(no|the|an)? ?(final )?(answer )?(is )?(not ?|un)(found|provided|available|applicable|given|known|answerable|solved)( answer)?",
      "no (final )?(answer|solution) ?(found|provided|available|given)|no (final )?(answer|response)",
      "#?n\\.?/?a\\.?|nan|none|null|nil|missing|omitted|error|todo|tbd|to be determined",
      "(the )?answers? (may |will )?var(y|ies)|open[- ]ended|multiple answers",
      "略|证明略|见解析|无答案|答案略|証明略",
      "[-–—]+|[?？]+|\\.{3,}|…+|",
    ].join("|")
  })$`,
  "i",
);

/** Words of a sentence; commands of LaTeX are none. */
const WORD = /(?<![\\A-Za-z])[A-Za-z]{3,}/g;

/** A reference with so many words is a sentence that no answer will equal; fewer do over several lines. */
const SENTENCE_WORDS = 15;
const WORDS_OVER_LINES = 5;

/** The grader reads no longer one. */
const MAX_LENGTH = 1000;

/**
 * Reads the value of an answer's field.
 *
 * @returns `null` when it is empty; `undefined` when it is no answer at all (an object, a list of lists).
 */
export function readAnswer(value: unknown): ReferenceAnswer | null | undefined {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") {
    // JavaScript writes 10^22 with an exponent.
    return plain(Number.isInteger(value) ? BigInt(value).toString() : String(value));
  }
  if (typeof value === "boolean") return plain(value ? "True" : "False");
  if (Array.isArray(value)) return fromList(value);
  if (typeof value !== "string") return undefined;
  const text = unescaped(value).trim();
  // A marker with nothing behind it marks nothing.
  if (text === "" || /####\s*$/.test(text)) return null;
  return fromList(textList(text)) ?? fromRationale(text) ?? fromLastSentence(text) ??
    fromText(text);
}

/** Entities that pages and spreadsheets leave in a text that was copied from them. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&amp;": "&",
  "&nbsp;": " ",
};

/** Without entities of HTML and signs that take no room. */
function unescaped(text: string): string {
  return text
    .replaceAll(/&(lt|gt|amp|nbsp);/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/[\u200b-\u200d\u2060\ufeff]/g, "");
}

/** Reads the answer out of a whole solution; `null` when it marks none. */
export function readRationale(value: unknown): ReferenceAnswer | null {
  if (typeof value !== "string") return null;
  return fromRationale(value) ?? fromLastSentence(value) ?? fromBareValue(value.trim());
}

/** Why no answer can equal a reference; `null` where one can. */
export function ungradableReference(answer: string): string | null {
  if (PLACEHOLDER.test(unwrapped(answer))) return "its reference answer is a placeholder";
  if (answer.length > MAX_LENGTH) {
    return `its reference answer is over ${MAX_LENGTH} characters long`;
  }
  if (answer.includes("\\boxed") && lastBoxed(answer).answer === "") {
    return "the box of its reference answer is empty or not closed";
  }
  const words = answer.replaceAll(/\\[A-Za-z]+/g, " ").match(WORD) ?? [];
  // Formulas stand on several lines, too.
  const most = /^[^\\$]*\n[^\\$]*$/.test(answer) ? WORDS_OVER_LINES : SENTENCE_WORDS;
  return words.length >= most ? "its reference answer is a sentence" : null;
}

/** Without what people write around a word: `\text{…}`, brackets, quotes, dollar signs, a point at the end. */
function unwrapped(answer: string): string {
  return answer
    .replaceAll(/\\(text|textbf|textit|mathrm|mbox|boxed)\b/g, "")
    .replaceAll(/^[\s$"'“”*_<>[\](){}]+|[\s$"'“”*_<>[\](){}]+$/g, "")
    .replace(/(?<=[A-Za-z\u4e00-\u9fff])[.。!]$/, "");
}

function plain(answer: string): ReferenceAnswer {
  return { answer, meta: {} };
}

/** `["4"]` as text, or `['4']` as Python writes it; lists of numbers are left alone: `[1, 2]` may be an interval. */
function textList(text: string): readonly unknown[] | null {
  if (/^\[\s*'[^'"]*'(\s*,\s*'[^'"]*')*\s*\]$/.test(text)) {
    return text.match(/'[^']*'/g)?.map((item) => item.slice(1, -1).replaceAll("\\\\", "\\")) ??
      null;
  }
  if (!/^\[\s*"/.test(text)) return null;
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    // Text that only begins like a list is an answer like any other.
    return null;
  }
}

/** One answer in a list is that answer; of several all must be given. */
function fromList(list: readonly unknown[] | null): ReferenceAnswer | null | undefined {
  if (list === null) return null;
  if (list.some((item) => typeof item !== "string" && typeof item !== "number")) return undefined;
  const texts = list.map((item) => bare(String(item))).filter((text) => text !== "");
  const [only, ...others] = texts;
  if (only === undefined) return null;
  if (others.length === 0) return fromText(only);
  return { answer: texts.join(", "), meta: { isMultipleAnswer: true } };
}

/** Answer that stands behind `####`, or in the last box of a text that is more than a box. */
function fromRationale(text: string): ReferenceAnswer | null {
  const marked = /####([^\n]*)\s*$/.exec(text)?.[1]?.trim();
  if (marked !== undefined && marked !== "") return fromText(withoutGrouping(marked));
  if (!text.includes("\\boxed")) return null;
  const { answer, isAmbiguous } = lastBoxed(text);
  if (answer === null || answer === "") return null;
  return {
    answer: bare(answer),
    meta: isAmbiguous ? { ungradable: "the reference solution boxes several values" } : {},
  };
}

/** `… The answer is 72.` or `Answer: 72` at the end. */
function fromLastSentence(text: string): ReferenceAnswer | null {
  const value = /\banswer(?:\s+is\s*:?|\s*:)[ \t]*([^\n]+?)\.?\s*$/i.exec(text.slice(-400))?.[1];
  return value === undefined ? null : fromText(withoutGrouping(bare(value)));
}

/** A "solution" that is nothing but a value: one number, or one formula in dollars. */
function fromBareValue(text: string): ReferenceAnswer | null {
  const isValue = /^-?[\d,]*\.?\d+%?$/.test(text) || /^\$[^$\n]+\$$/.test(text);
  return isValue ? fromText(withoutGrouping(text)) : null;
}

function fromText(text: string): ReferenceAnswer {
  const answer = bare(text);
  const unit = /^(-?[\d.,/\s]*\d)\s*\(\s*([A-Za-z][A-Za-z0-9 .%/^²³-]*)\)\.?$/.exec(answer);
  // `5 (mod 7)` and `12 (base 8)` are values; `3 (x^2)` is a product.
  if (unit === null || /^(mod|base)\b|^[a-z](\^|$)/i.test(unit[2] ?? "")) return plain(answer);
  return { answer: unit[1] ?? answer, meta: { unit: unit[2]?.trim() } };
}

/** `1,200` as `1200`. */
function withoutGrouping(text: string): string {
  return /^-?\$?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text;
}

/** Without the dollar signs around the whole answer, or around each of several. */
export function bare(text: string): string {
  const trimmed = text.trim();
  const parts = /^\$[^$]+\$(\s*,\s*\$[^$]+\$)*\.?$/.exec(trimmed);
  return parts === null ? trimmed : trimmed.replace(/\.$/, "").replaceAll("$", "").trim();
}
