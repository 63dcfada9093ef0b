import { cleanAnswer, compactText, MAX_ANSWER_LENGTH } from "./normalize.ts";
import { parseNumber, type PlainNumber } from "./number.ts";
import { spans, splitTop } from "./_split.ts";
import { splitUnit } from "./units.ts";

/** Parts of an answer; `text` is its cleaned text, `unit` the canonical name of the unit that was cut off. */
export type Answer =
  & { readonly text: string; readonly unit: string | null }
  & (
    | { readonly kind: "number"; readonly value: PlainNumber }
    | { readonly kind: "words" | "expression" }
    | { readonly kind: "ratio"; readonly terms: readonly bigint[] }
    | { readonly kind: "list" | "union"; readonly items: readonly Answer[] }
    | { readonly kind: "group"; readonly brackets: string; readonly items: readonly Answer[] }
    | { readonly kind: "matrix"; readonly rows: readonly (readonly Answer[])[] }
    /** `x = 5`; also a chain such as `10^3 = 1000`, which has no name. */
    | {
      readonly kind: "equation";
      readonly name: string | null;
      readonly value: Answer;
      readonly isConstant: boolean;
    }
  );

const MAX_DEPTH = 12;
const EMPTY =
  /^(?:\\emptyset|\\\{\s*\\\}|(?:there (?:is|are) )?no (?:real |integer )?solutions?|none|(?:the )?empty set)$/i;
const REALS = /^(?:\\mathbb\s*\{?\s*R\s*\}?|(?:the set of )?(?:all|any|the) real(?: number)?s?)$/i;
/** A point with its name: `P(3,-4)`. */
const POINT = /^[A-Z](?:'|_\{?\w\}?)?\s*(?=\([^()]*,[^()]*\)$)/;
const MATRIX =
  /^[[(]?\s*\\begin\{([pbBvV]?matrix|smallmatrix|array)\}(?:\s*\{[^{}]*\})?(.*)\\end\{\1\}\s*[\])]?$/s;
/** Left of `=`: a name such as `x`, `f(x)`, `\angle APC`, `(p,q)`, `V_1:V_2`. */
const NAME =
  /^(?:\^\s*\{\s*-1\s*\}(?=\s*\()|\\[a-zA-Z]+(?![a-zA-Z])|[a-zA-Z]|[\s'(),:|{}]|_\s*(?:\{[^{}]*\}|\w)|\^\s*\{?\s*(?:\\prime|\*)\s*\}?)+$/;
const MEMBER = /^\s*(?:[a-zA-Z]|\\[a-zA-Z]+)(?:_\{?\w\}?)?\s*\\in(?![a-zA-Z])\s*(?=[\[(\\{])/;

/** Reads an answer as a structure; what it does not know is an `expression`. */
export function parseAnswer(answer: string): Answer {
  const text = cleanAnswer(answer);
  if (text.length > MAX_ANSWER_LENGTH) return { kind: "expression", text, unit: null };
  return parse(text, 0);
}

function parse(input: string, depth: number): Answer {
  const text = input.trim().replace(MEMBER, "");
  const leaf = { text, unit: null };
  if (depth > MAX_DEPTH) return { ...leaf, kind: "expression" };
  if (EMPTY.test(plainText(text))) {
    return { kind: "words", text: "\\emptyset", unit: null };
  }
  const cases = /^\\begin\{cases\}([^&]*)\\end\{cases\}$/s.exec(text)?.[1];
  if (cases !== undefined) {
    return parse(
      cases.split("\\\\").map((row) => row.replace(/^[\s,]+|[\s,.]+$/g, "")).join(","),
      depth + 1,
    );
  }
  if (REALS.test(plainText(text))) return { ...leaf, kind: "expression", text: "\\mathbb{R}" };
  const number = parseNumber(text);
  if (number !== null) return { ...leaf, kind: "number", value: number };
  return parseMatrix(text, depth) ?? parseList(text, depth) ?? parseEquation(text, depth) ??
    parsePoint(text, depth) ?? parseUnion(text, depth) ?? parseGroup(text, depth) ??
    parsePlusMinus(text, depth) ??
    parseInequality(text, depth) ?? parseRatio(text) ?? parseLeaf(text);
}

const NUMERALS = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");

function plainText(text: string): string {
  return text.replace(/\\text\{([^{}]*)\}/g, "$1").replace(/\s+/g, " ").trim();
}

function parseLeaf(text: string): Answer {
  const { text: value, unit } = splitUnit(text);
  const number = parseNumber(value);
  if (number !== null) return { kind: "number", text: value, unit, value: number };
  const ratio = unit === null ? null : parseRatio(value);
  if (ratio !== null) return { ...ratio, unit };
  const words = plainText(text);
  const digits = NUMERALS.indexOf(words.toLowerCase());
  if (digits >= 0) return parse(String(digits), 0);
  const letter = /^(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+)?\(?([A-Z])[).]?$/.exec(words);
  if (letter !== null) return { kind: "words", text: letter[1] ?? "", unit: null };
  if (isWords(words)) return { kind: "words", text: words, unit: null };
  return { kind: "expression", text: value, unit };
}

const SHORT_WORDS =
  /^(?:no|on|up|in|yes|true|odd|even|none|both|all|zero|one|two|four|five|six|nine|ten)$/i;

/** Words, as opposed to a product of letters: `AB`, `xy'` and `ABCD` are none. */
function isWords(text: string): boolean {
  if (!/^[a-z]+(?:(?:[ -]+|(?<=[a-z])'(?=[a-z]))[a-z]+)*\.?$/i.test(text)) return false;
  if (SHORT_WORDS.test(text)) return true;
  return /[a-z]{3}/i.test(text) && !/^[A-Z]{1,4}$/.test(text);
}

/** Form that words share when they count as equal: no case, article, space, hyphen, dot or apostrophe. One letter stays as it is. */
export function wordForm(words: string): string {
  if (words.length === 1) return words;
  return words.toLowerCase().replace(/^(?:an?|the) /, "").replace(/[\s.'-]/g, "");
}

function parseMatrix(text: string, depth: number): Answer | null {
  const match = MATRIX.exec(text);
  const body = match?.[2] ?? "";
  if (match === null || body.includes("\\begin") || /^v/i.test(match[1] ?? "")) return null;
  const rows = body.trim().replace(/\\\\\s*$/, "").split(/\\\\(?:\s*\[[^\]]*\])?/);
  return {
    kind: "matrix",
    text,
    unit: null,
    rows: rows.map((row) => row.split("&").map((cell) => parse(cell, depth + 1))),
  };
}

function parseList(text: string, depth: number): Answer | null {
  const outer = splitTop(text, ";");
  const parts = outer.length > 1 ? outer : splitTop(text, ",");
  if (parts.length < 2) return null;
  if (parts.some((part) => part.trim() === "")) return null;
  const items = parts.map((part) => parse(part, depth + 1));
  const points = outer.length > 1 ? items.map(asPoint) : shareName(items);
  return { kind: "list", text, unit: null, items: flattenPlusMinus(points, parts) };
}

/** The name of `a = 4, -8, -10` belongs to all three. */
function shareName(items: readonly Answer[]): readonly Answer[] {
  const [first, ...rest] = items;
  if (first?.kind !== "equation" || first.name === null) return items;
  return rest.some((item) => item.kind === "equation") ? items : [first.value, ...rest];
}

/** `p=5,q=2;p=7,q=2` are two points. */
function asPoint(item: Answer): Answer {
  if (item.kind !== "list" || !item.items.every((part) => part.kind === "equation")) return item;
  const items = item.items.map((part) => part.kind === "equation" ? part.value : part);
  return { kind: "group", text: item.text, unit: null, brackets: "()", items };
}

/** `1 \pm 2, 5` has three elements; a list within a list is kept where it was written with another separator. */
function flattenPlusMinus(items: readonly Answer[], parts: readonly string[]): Answer[] {
  return items.flatMap((item, i) => {
    if (!/\\pm|\\mp/.test(parts[i] ?? "")) return [item];
    if (item.kind === "list") return item.items;
    if (item.kind === "equation" && item.value.kind === "list") return item.value.items;
    return [item];
  });
}

function parseEquation(text: string, depth: number): Answer | null {
  const approx = splitTop(text, "\\approx");
  const sides = splitTop(approx[0] ?? text, "=");
  const parts = sides.length > 1 || !NAME.test(sides[0] ?? "")
    ? sides
    : [...sides, ...approx.slice(1)];
  if (parts.some((part) => part.trim() === "" || /[<>]|\\(?:le|ge|ne|equiv)(?![a-z])/.test(part))) {
    return null;
  }
  if (parts.length < 2) return approx.length > 1 ? parse(parts[0] ?? "", depth + 1) : null;
  const first = parts[0] ?? "", last = parts.at(-1) ?? "";
  const swap = !NAME.test(first) && parts.length === 2 && NAME.test(last);
  const named = swap || NAME.test(first);
  return {
    kind: "equation",
    text,
    unit: null,
    name: named ? compactText(swap ? last : first) : null,
    value: parse(swap ? first : last, depth + 1),
    isConstant: !/[a-zA-Z]/.test(text.replace(/\\[a-zA-Z]+/g, "")),
  };
}

function parsePoint(text: string, depth: number): Answer | null {
  const name = POINT.exec(text)?.[0];
  if (name === undefined) return null;
  const value = parse(text.slice(name.length), depth + 1);
  return { kind: "equation", text, unit: null, name: compactText(name), value, isConstant: false };
}

function parseUnion(text: string, depth: number): Answer | null {
  const parts = splitTop(text, "\\cup");
  if (parts.length < 2) return null;
  return { kind: "union", text, unit: null, items: parts.map((part) => parse(part, depth + 1)) };
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")]", "[": ")]", "\\{": "\\}" };

function parseGroup(text: string, depth: number): Answer | null {
  const open = text.startsWith("\\{") ? "\\{" : text[0] ?? "";
  const closing = CLOSING[open];
  if (closing === undefined) return null;
  const close = open === "\\{" ? "\\}" : text.at(-1) ?? "";
  if (!(open === "\\{" ? text.endsWith(close) : closing.includes(close)) || !spans(text)) {
    return null;
  }
  const inner = text.slice(open.length, -close.length);
  if (open === "\\{" && /[|:]/.test(inner)) return parseSetBuilder(inner, depth);
  const parts = splitTop(inner, ",", false);
  if (parts.length === 1 && open === "(" && close === ")") {
    const value = parse(inner, depth + 1);
    return value.kind === "number" || value.kind === "words" ? value : null;
  }
  // One sign in a point makes two points; of several nobody knows which go together.
  if (open === "(" && inner.match(/\\(?:pm|mp)(?![a-zA-Z])/g)?.length === 1) {
    return parsePlusMinus(text, depth);
  }
  const items = parts.map((part) => parse(part, depth + 1));
  const all = open === "\\{" ? flattenPlusMinus(items, parts) : items;
  return { kind: "group", text, unit: null, brackets: open + close, items: all };
}

/** `\{x | x > 0\}` is the interval, where its condition is an inequality. */
function parseSetBuilder(inner: string, depth: number): Answer | null {
  const match = /^\s*([a-zA-Z])\s*(?:\\in\s*\\mathbb\s*\{?\s*R\s*\}?\s*)?[|:]\s*(.+)$/s.exec(inner);
  const condition = match === null ? null : parse(match[2] ?? "", depth + 1);
  const name = match?.[1] ?? "";
  const isHole = name !== "" && condition?.kind === "expression" &&
    /^[a-zA-Z]\s*\\ne(?![a-z])/.test(condition.text) && condition.text.startsWith(name);
  const parts = condition?.kind === "list"
    ? condition.items
    : condition === null
    ? []
    : [condition];
  const areIntervals = parts.length > 0 &&
    parts.every((part) =>
      part.kind === "equation" && part.value.kind === "group" && part.name === name
    );
  return isHole || areIntervals ? condition : null;
}

function parsePlusMinus(text: string, depth: number): Answer | null {
  if (!/\\(?:pm|mp)(?![a-zA-Z])/.test(text)) return null;
  const branch = (pm: string, mp: string) =>
    parse(
      text.replace(/\\pm(?![a-zA-Z])/g, pm).replace(/\\mp(?![a-zA-Z])/g, mp).replace(/^\+/, ""),
      depth + 1,
    );
  return { kind: "list", text, unit: null, items: [branch("+", "-"), branch("-", "+")] };
}

/** `1 < x \le 2` is the interval (1,2]: only where one side, or the middle, is a single letter. */
function parseInequality(text: string, depth: number): Answer | null {
  const parts = text.split(/(<|>|\\le(?![a-z])|\\ge(?![a-z]))/).map((part) => part.trim());
  if (parts.length !== 3 && parts.length !== 5) return null;
  const forward = parts[1]?.[0] === "<" || parts[1] === "\\le";
  if (parts.length === 5 && (parts[3]?.[0] === "<" || parts[3] === "\\le") !== forward) return null;
  const [low, lowSign, middle, highSign, high] = interval(forward ? parts : [...parts].reverse());
  if (middle === null || /[a-zA-Z]/.test((low + high).replace(/\\[a-zA-Z]+/g, ""))) return null;
  const open = isStrict(lowSign) ? "(" : "[", close = isStrict(highSign) ? ")" : "]";
  const items = [parse(low, depth + 1), parse(high, depth + 1)];
  const value: Answer = {
    kind: "group",
    text: `${open}${low},${high}${close}`,
    unit: null,
    brackets: open + close,
    items,
  };
  return { kind: "equation", text, unit: null, name: middle, value, isConstant: false };
}

const isStrict = (sign: string): boolean => sign === "<" || sign === ">";

/** Ends and signs of an ascending chain; the middle is `null` when no single letter stands there. */
function interval(
  parts: readonly string[],
): readonly [string, string, string | null, string, string] {
  const [a = "", first = "", b = "", second = "", c = ""] = parts;
  if (parts.length === 5) return [a, first, isLetter(b) ? b : null, second, c];
  if (isLetter(a)) return ["-\\infty", "<", a, first, b];
  return [a, first, isLetter(b) ? b : null, "<", "\\infty"];
}

const isLetter = (text: string): boolean =>
  /^(?:[a-zA-Z]|\\(?:theta|alpha|lambda|mu|beta))$/.test(text);

function parseRatio(text: string): Answer | null {
  const ratio = text.replace(/^(\d+) to (\d+)$/, "$1:$2");
  if (!/^\d{1,12}(?:\s*:\s*\d{1,12})+$/.test(ratio)) return null;
  return { kind: "ratio", text: ratio, unit: null, terms: ratio.split(":").map(BigInt) };
}
