import { compactText } from "./normalize.ts";
import { type NumberOptions, numbersAgree } from "./number.ts";
import { type Answer, wordForm } from "./structure.ts";
import { unitFactor } from "./units.ts";

/** A pair of texts that stage one cannot decide. */
export interface Question {
  readonly gold: Answer;
  readonly answer: Answer;
}

/** Options of {@linkcode compareAnswers}. */
export interface CompareOptions extends NumberOptions {
  /** Answers what stage one cannot decide; `null` is "not known yet". */
  readonly ask: (question: Question) => boolean | null;
  /** The order of a bare list carries no meaning, not even against a tuple (OlympiadBench). @default false */
  readonly isUnordered?: boolean | undefined;
}

/** Compares structures; asks about their leaves. `null` when an open question decides. Gold is the first argument, always. */
export function compareAnswers(
  gold: Answer,
  answer: Answer,
  options: CompareOptions,
): boolean | null {
  const factor = unitFactor(gold.unit, answer.unit);
  if (factor === null) return false;
  if (factor !== 1n) return amountsAgree(gold, answer, factor);
  if (gold.kind === "number" && answer.kind === "number") {
    return numbersAgree(gold.value, answer.value, options);
  }
  if (gold.text !== "" && compactText(gold.text) === compactText(answer.text)) return true;
  if (isDecimalComma(gold, answer)) return true;
  const asEquations = compareEquations(gold, answer, options);
  return asEquations === undefined ? compareKinds(gold, answer, options) : asEquations;
}

/** `\$0.50` and 50 cents, exactly. */
function amountsAgree(gold: Answer, answer: Answer, factor: bigint): boolean {
  if (gold.kind !== "number" || answer.kind !== "number") return false;
  const left = gold.value.numerator * answer.value.denominator;
  const right = answer.value.numerator * gold.value.denominator;
  return gold.unit === "dollar" ? left * factor === right : left === right * factor;
}

/** `1,22` is 1.22 only beside an answer that is written 1.22. */
function isDecimalComma(gold: Answer, answer: Answer): boolean {
  return [[gold, answer], [answer, gold]].some(([a, b]) =>
    b?.kind === "number" && /^-?\d+,\d+$/.test(a?.text ?? "") &&
    a?.text.replace(",", ".") === b.text
  );
}

/** Unwraps `x = 5` where the other side is a bare value; `undefined` where no equation is concerned. */
function compareEquations(
  gold: Answer,
  answer: Answer,
  options: CompareOptions,
): boolean | null | undefined {
  if (gold.kind !== "equation" && answer.kind !== "equation") return undefined;
  if (gold.kind === "equation" && answer.kind === "equation") {
    if (gold.name === null || answer.name === null) return options.ask({ gold, answer });
    if (gold.name === answer.name) return compareAnswers(gold.value, answer.value, options);
    // `x = 5` is not `y = 5`; `x = 2y` may be `y = \frac{x}{2}`.
    const isOther = /^\w$/.test(gold.name) && /^\w$/.test(answer.name) &&
      !gold.value.text.includes(answer.name);
    return isOther ? false : options.ask({ gold, answer });
  }
  if (gold.kind === "equation") {
    if (gold.name !== null || gold.isConstant) return compareAnswers(gold.value, answer, options);
    // An equation is not its right side: `7 = 11a+c` and `11a+c`.
    return false;
  }
  if (answer.kind === "equation") return compareAnswers(gold, answer.value, options);
  return undefined;
}

function compareKinds(gold: Answer, answer: Answer, options: CompareOptions): boolean | null {
  if (isInfinity(gold) && (answer.kind === "number" || isInfinity(answer))) return false;
  if (isInfinity(answer) && gold.kind === "number") return false;
  // math-verify takes `e` for `E`; one letter is never another one.
  if (/^[a-zA-Z]$/.test(gold.text) && /^[a-zA-Z]$/.test(answer.text)) return false;
  if (gold.kind === "words" || answer.kind === "words") return compareWords(gold, answer, options);
  if (gold.kind === "ratio" && answer.kind === "ratio") {
    return ratiosAgree(gold.terms, answer.terms);
  }
  const rows = [rowsOf(gold, answer), rowsOf(answer, gold)] as const;
  if (rows[0] !== null && rows[1] !== null) return compareMatrices(rows[0], rows[1], options);
  const asSequence = compareSequences(gold, answer, options);
  if (asSequence !== undefined) return asSequence;
  return options.ask({ gold: inRadians(gold, answer), answer: inRadians(answer, gold) });
}

/** Degrees beside a multiple of pi. */
function inRadians(answer: Answer, other: Answer): Answer {
  if (answer.kind !== "number" || answer.unit !== "degree" || other.unit !== null) return answer;
  if (!/\\pi(?![a-z])/.test(other.text)) return answer;
  const text = `\\frac{\\pi}{180}(${answer.text})`;
  return { kind: "expression", text, unit: "radian" };
}

/** `2:4:6` is `1:2:3`; an hour or a minute of nought is compared as it is. */
function ratiosAgree(gold: readonly bigint[], answer: readonly bigint[]): boolean {
  if (gold.length !== answer.length) return false;
  if (answer.includes(0n)) return answer.every((term, i) => term === gold[i]);
  const [first = 0n] = gold, [other = 1n] = answer;
  return gold.every((term, i) => term * other === first * (answer[i] ?? 0n));
}

/** Rows of a matrix, and of `[[1,2],[3,4]]` or a tuple beside one: a vector is written either way. */
function rowsOf(answer: Answer, other: Answer): readonly (readonly Answer[])[] | null {
  if (answer.kind === "matrix") return answer.rows;
  if (answer.kind !== "group" || other.kind !== "matrix") return null;
  if (answer.brackets === "()") {
    return other.rows.length === 1 ? [answer.items] : answer.items.map((item) => [item]);
  }
  const rows = answer.items.flatMap((item) =>
    item.kind === "group" && item.brackets === "[]" ? [item.items] : []
  );
  return answer.brackets === "[]" && rows.length === answer.items.length ? rows : null;
}

function isInfinity(answer: Answer): boolean {
  return /^-?\s*\\infty$/.test(answer.text);
}

function compareWords(gold: Answer, answer: Answer, options: CompareOptions): boolean | null {
  if (gold.kind !== "words" || answer.kind !== "words") {
    const other = gold.kind === "words" ? answer : gold;
    return other.kind === "expression" ? options.ask({ gold, answer }) : false;
  }
  return wordForm(gold.text) === wordForm(answer.text);
}

function compareMatrices(
  gold: readonly (readonly Answer[])[],
  answer: readonly (readonly Answer[])[],
  options: CompareOptions,
): boolean | null {
  if (gold.length !== answer.length) return false;
  return every(gold, (row, i) => {
    const other = answer[i] ?? [];
    return row.length === other.length &&
      every(row, (cell, j) => compareAnswers(cell, other[j] ?? cell, options));
  });
}

/** `undefined` where the two are not both sequences, or one is an expression that may still denote one. */
function compareSequences(
  gold: Answer,
  answer: Answer,
  options: CompareOptions,
): boolean | null | undefined {
  const golds = itemsOf(gold), answers = itemsOf(answer);
  if (golds === null || answers === null) {
    const other = golds === null ? gold : answer;
    if (golds === null && answers === null) return undefined;
    if (other.kind === "number") return isSingleton(gold, answer, options);
    return other.kind === "expression" && gold.kind !== "list" && answer.kind !== "list"
      ? undefined
      : false;
  }
  if (gold.kind === "union" || answer.kind === "union") {
    const parts = [partsOfUnion(gold), partsOfUnion(answer)] as const;
    if (parts[0] === null || parts[1] === null) return undefined;
    return matchUnordered(parts[0], parts[1], options);
  }
  const brackets = [bracketsOf(gold), bracketsOf(answer)];
  if (!brackets.includes("") && brackets[0] !== brackets[1]) return false;
  if (brackets.some((b) => b !== "" && b !== "\\{\\}" && b !== "()") && brackets.includes("")) {
    return false;
  }
  const isOrdered = options.isUnordered !== true &&
    (brackets.includes("()") || !areBothBare(brackets, golds, answers));
  if (isOrdered) {
    return golds.length === answers.length &&
      every(golds, (g, i) => compareItem(g, answers[i] ?? g, options));
  }
  const isSet = brackets.includes("\\{\\}") || golds.every((item) => item.kind === "group");
  return isSet
    ? matchUnordered(distinct(golds), distinct(answers), options)
    : matchUnordered(golds, answers, options);
}

/** `\{5\}` is 5; `[0]` and `(0,)` are not 0. */
function isSingleton(gold: Answer, answer: Answer, options: CompareOptions): boolean | null {
  const [set, other] = gold.kind === "number" ? [answer, gold] : [gold, answer];
  const item = set.kind === "group" && set.brackets === "\\{\\}" && set.items.length === 1
    ? set.items[0]
    : undefined;
  if (item === undefined) return false;
  return set === gold ? compareAnswers(item, other, options) : compareAnswers(other, item, options);
}

function itemsOf(answer: Answer): readonly Answer[] | null {
  return answer.kind === "list" || answer.kind === "union" || answer.kind === "group"
    ? answer.items
    : null;
}

function isPair(item: Answer): boolean {
  return item.kind === "group" && item.items.length === 2;
}

/** Whether a pair can be no point. */
function isInterval(item: Answer): boolean {
  return item.kind === "group" && (item.brackets !== "()" || item.items.some(isInfinity));
}

/** `x<1 or x>3`, and intervals in a row, are a union of intervals as well. */
function partsOfUnion(answer: Answer): readonly Answer[] | null {
  if (answer.kind === "union") return answer.items;
  if (answer.kind !== "list") return null;
  if (answer.items.every(isPair) && answer.items.some(isInterval)) return answer.items;
  const intervals = answer.items.flatMap((item) =>
    item.kind === "equation" && item.value.kind === "group" ? [item.value] : []
  );
  const names = new Set(answer.items.map((item) => item.kind === "equation" ? item.name : null));
  return intervals.length === answer.items.length && names.size === 1 ? intervals : null;
}

function bracketsOf(answer: Answer): string {
  return answer.kind === "group" ? answer.brackets : "";
}

/** Whether two sequences compare in any order; values behind different names (`k=45, n=2` and `45, 2`) have an order. */
function areBothBare(
  brackets: readonly string[],
  golds: readonly Answer[],
  answers: readonly Answer[],
): boolean {
  if (brackets.includes("()") || brackets.some((b) => b.startsWith("[") || b.startsWith("("))) {
    return false;
  }
  const named = [golds, answers].map((items) =>
    new Set(items.map((i) => i.kind === "equation" ? i.name : null)).size > 1
  );
  return named[0] === named[1];
}

function compareItem(gold: Answer, answer: Answer, options: CompareOptions): boolean | null {
  if (gold.text === "" || answer.text === "") return false;
  return compareAnswers(gold, answer, options);
}

function distinct(items: readonly Answer[]): readonly Answer[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const text = compactText(item.text);
    return !seen.has(text) && seen.add(text);
  });
}

/** Longest sequences that are matched in any order: undecided pairs grow with the square. */
const MAX_UNORDERED = 24;

/** Whether the items can be paired one to one; `null` while an open question decides. */
function matchUnordered(
  golds: readonly Answer[],
  answers: readonly Answer[],
  options: CompareOptions,
): boolean | null {
  if (golds.length !== answers.length) return false;
  if (golds.length > MAX_UNORDERED) {
    return every(golds, (g, i) => compareItem(g, answers[i] ?? g, options));
  }
  const table = golds.map((g) => answers.map((a) => compareItem(g, a, options)));
  if (canPair(table.map((row) => row.map((cell) => cell === true)))) return true;
  return canPair(table.map((row) => row.map((cell) => cell !== false))) ? null : false;
}

/** Whether every row finds a column of its own (augmenting paths). */
function canPair(table: readonly (readonly boolean[])[]): boolean {
  const owner = new Map<number, number>();
  const place = (row: number, tried: Set<number>): boolean =>
    (table[row] ?? []).some((fits, column) => {
      if (!fits || tried.has(column)) return false;
      tried.add(column);
      const other = owner.get(column);
      if (other !== undefined && !place(other, tried)) return false;
      owner.set(column, row);
      return true;
    });
  return table.every((_, row) => place(row, new Set()));
}

function every<T>(
  items: readonly T[],
  judge: (item: T, index: number) => boolean | null,
): boolean | null {
  let result: boolean | null = true;
  for (const [i, item] of items.entries()) {
    const verdict = judge(item, i);
    if (verdict === false) return false;
    if (verdict === null) result = null;
  }
  return result;
}
