/** A number read from text, exactly: no floating point takes part in a verdict. */
export interface PlainNumber {
  readonly numerator: bigint;
  /** Positive. */
  readonly denominator: bigint;
  /** Written with a percent sign: the value is a hundredth of the fraction. */
  readonly isPercent: boolean;
  /** Decimals written; `null` for integers and fractions, which are exact. */
  readonly decimals: number | null;
  /** Significant digits written. */
  readonly significantDigits: number;
}

/** More digits, or a larger exponent, are not expanded: such text is no plain number. */
const MAX_DIGITS = 400;
const MAX_EXPONENT = 400;

/** Shortest decimal that may stand for an exact value: 0.6054 may, 0.333 and 1.414 may not (docs/evaluation.md, "Conventions"). */
const MIN_DECIMALS = 4;
/** A long number may have fewer decimals: 16386.16 has seven significant digits. */
const MIN_DIGITS_WITH_FEW_DECIMALS = 7;
/** The digits of a double behind these are noise: 1.4142135623730951. */
const MAX_ANSWER_DIGITS = 15;
/** A reference with fewer significant digits than this is taken as exact: 0.5 is one half. */
const MIN_GOLD_DIGITS = 3;

const UNSIGNED = String.raw`(?:\d{1,3}(?:[ ,]\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)`;
const DECIMAL = new RegExp(
  `^([+-]?)\\s*(${UNSIGNED})(?:[eE]([+-]?\\d{1,4})|\\s*(?:\\\\times|\\\\cdot|\\*)\\s*10\\s*` +
    `(?:\\^|\\*\\*)\\s*(?:\\{\\s*([+-]?\\s*\\d{1,4})\\s*\\}|([+-]?\\d{1,4})))?$`,
);
const FRACTION = new RegExp(
  `^([+-]?)\\s*(?:\\\\frac\\s*\\{\\s*([+-]?${UNSIGNED})\\s*\\}\\s*\\{\\s*([+-]?${UNSIGNED})\\s*\\}|` +
    `(${UNSIGNED})\\s*/\\s*([+-]?${UNSIGNED})|\\(\\s*([+-]?${UNSIGNED})\\s*/\\s*(${UNSIGNED})\\s*\\))$`,
);
const REPEATING = /^([+-]?)\s*(\d*)\.(\d*)\s*\((\d+)\)$/;
const MIXED =
  /^([+-]?)\s*(\d+)(?:\s*\\frac\s*\{\s*(\d+)\s*\}\s*\{\s*(\d+)\s*\}|\s+(\d+)\s*\/\s*(\d+))$/;

/**
 * Reads an integer, a decimal, a fraction, a mixed number, scientific notation or a percentage.
 *
 * @param text Cleaned text (`normalize.ts`); thousands may be parted by commas or spaces in groups of three.
 * @returns `null` when the whole text is no such number, or is too long to expand.
 */
export function parseNumber(text: string): PlainNumber | null {
  // Before any expression is tried: a long run of spaces costs some of them the square of its length.
  if (text.length > 2 * MAX_DIGITS) return null;
  const percent = /^(.*?)\s*\\?%$/s.exec(text);
  const body = (percent?.[1] ?? text).trim();
  if (body.length > MAX_DIGITS || !/\d/.test(body)) return null;
  const value = parseDecimal(body) ?? parsePowerOfTen(body) ?? parseRepeating(body) ??
    parseFraction(body) ??
    parseMixed(body);
  return value === null ? null : { ...value, isPercent: percent !== null };
}

type Unscaled = Omit<PlainNumber, "isPercent">;

function parseDecimal(text: string): Unscaled | null {
  const match = DECIMAL.exec(text);
  if (match === null) return null;
  const [, sign, digits = "", ...exponents] = match;
  const exponent = Number(exponents.find((e) => e !== undefined)?.replace(/\s/g, "") ?? 0);
  if (Math.abs(exponent) > MAX_EXPONENT) return null;
  const [whole = "", part] = digits.replace(/[ ,]/g, "").split(".");
  const joined = whole + (part ?? "");
  const decimals = Math.max(0, (part ?? "").length - exponent);
  const scale = (part ?? "").length - exponent;
  const unsigned = BigInt(joined) * 10n ** BigInt(Math.max(0, -scale));
  return {
    ...reduce(sign === "-" ? -unsigned : unsigned, 10n ** BigInt(Math.max(0, scale))),
    decimals: part === undefined && exponent >= 0 ? null : decimals,
    significantDigits: Math.max(1, joined.replace(/^0+/, "").length),
  };
}

function parsePowerOfTen(text: string): Unscaled | null {
  const match = /^([+-]?)\s*10\s*(?:\^|\*\*)\s*(?:\{\s*([+-]?\d{1,3})\s*\}|([+-]?\d{1,3}))$/.exec(
    text,
  );
  const exponent = Number(match?.[2] ?? match?.[3]);
  if (match === null || Math.abs(exponent) > MAX_EXPONENT) return null;
  const power = 10n ** BigInt(Math.abs(exponent)), sign = match[1] === "-" ? -1n : 1n;
  return exponent < 0 ? exact(sign, power) : exact(sign * power, 1n);
}

/** `0.1\overline{6}` is one sixth; so are `0.1\bar{6}`, `0.1\dot{6}` and `0.1(6)`. */
function parseRepeating(text: string): Unscaled | null {
  const match = REPEATING.exec(
    text.replace(/\\dot\s*\{?\s*(\d)\s*\}?(\d*)\\dot\s*\{?\s*(\d)\s*\}?$/, "($1$2$3)")
      .replace(/\\(?:overline|bar|dot)\s*(?:\{\s*(\d+)\s*\}|(\d))$/, "($1$2)"),
  );
  if (match === null) return null;
  const [, sign, whole = "", fixed = "", period = ""] = match;
  const nines = 10n ** BigInt(period.length) - 1n;
  const numerator = BigInt(whole + fixed + period) - BigInt(whole + fixed || "0");
  return exact(sign === "-" ? -numerator : numerator, nines * 10n ** BigInt(fixed.length));
}

function parseFraction(text: string): Unscaled | null {
  const match = FRACTION.exec(text);
  if (match === null) return null;
  const top = parseDecimal(match[2] ?? match[4] ?? match[6] ?? "");
  const bottom = parseDecimal(match[3] ?? match[5] ?? match[7] ?? "");
  if (top === null || bottom === null || bottom.numerator === 0n) return null;
  const sign = match[1] === "-" ? -1n : 1n;
  return exact(sign * top.numerator * bottom.denominator, top.denominator * bottom.numerator);
}

function parseMixed(text: string): Unscaled | null {
  const match = MIXED.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", ...parts] = match;
  const [top, bottom] = parts.filter((part) => part !== undefined).map(BigInt);
  if (top === undefined || bottom === undefined || bottom === 0n) return null;
  const numerator = BigInt(whole) * bottom + top;
  return exact(sign === "-" ? -numerator : numerator, bottom);
}

function exact(numerator: bigint, denominator: bigint): Unscaled {
  return { ...reduce(numerator, denominator), decimals: null, significantDigits: 1 };
}

function reduce(numerator: bigint, denominator: bigint) {
  let [a, b] = [
    numerator < 0n ? -numerator : numerator,
    denominator < 0n ? -denominator : denominator,
  ];
  while (b !== 0n) [a, b] = [b, a % b];
  const divisor = denominator < 0n ? -a : a;
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Options of {@linkcode numbersAgree}. */
export interface NumberOptions {
  /** Absolute tolerance of this row. @default none */
  readonly tolerance?: number | undefined;
}

/**
 * Whether a number may stand for the reference (docs/evaluation.md, "Conventions"): values are compared exactly; a decimal may stand for
 * an exact value only as its correct rounding or truncation with enough digits; `10 %` is 0.1, and its sign may be left out. No other
 * factor.
 */
export function numbersAgree(
  gold: PlainNumber,
  answer: PlainNumber,
  options: NumberOptions = {},
): boolean {
  if (gold.isPercent && !answer.isPercent && agreeUnscaled(gold, answer, options)) return true;
  if (gold.isPercent === answer.isPercent) return agreeUnscaled(gold, answer, options);
  return agreeUnscaled(percentToPlain(gold), percentToPlain(answer), options);
}

function percentToPlain(value: PlainNumber): PlainNumber {
  if (!value.isPercent) return value;
  return {
    ...value,
    ...reduce(value.numerator, value.denominator * 100n),
    isPercent: false,
    decimals: value.decimals === null ? null : value.decimals + 2,
  };
}

function agreeUnscaled(gold: PlainNumber, answer: PlainNumber, options: NumberOptions): boolean {
  const difference = gold.numerator * answer.denominator - answer.numerator * gold.denominator;
  if (difference === 0n) return true;
  if (options.tolerance !== undefined && withinTolerance(gold, answer, options.tolerance)) {
    return true;
  }
  if (gold.decimals !== null) {
    return gold.significantDigits >= MIN_GOLD_DIGITS &&
      scaled(gold, gold.decimals, "round") === scaled(answer, gold.decimals, "round");
  }
  if (answer.decimals === null || !isLongEnough(answer)) return false;
  const decimals = answer.decimals - Math.max(0, answer.significantDigits - MAX_ANSWER_DIGITS);
  const written = scaled(answer, Math.max(0, decimals), "round");
  return written === scaled(gold, Math.max(0, decimals), "round") ||
    written === scaled(gold, Math.max(0, decimals), "truncate");
}

function isLongEnough(answer: PlainNumber): boolean {
  if (answer.significantDigits < MIN_DECIMALS) return false;
  return (answer.decimals ?? 0) >= MIN_DECIMALS ||
    answer.significantDigits >= MIN_DIGITS_WITH_FEW_DECIMALS;
}

function withinTolerance(gold: PlainNumber, answer: PlainNumber, tolerance: number): boolean {
  const limit = parseDecimal(String(tolerance));
  if (limit === null) return false;
  const difference = gold.numerator * answer.denominator - answer.numerator * gold.denominator;
  const size = difference < 0n ? -difference : difference;
  return size * limit.denominator <= limit.numerator * gold.denominator * answer.denominator;
}

/** The value in units of 10^-decimals, rounded half away from zero or truncated towards it. */
function scaled(value: PlainNumber, decimals: number, how: "round" | "truncate"): bigint {
  const negative = value.numerator < 0n;
  const top = (negative ? -value.numerator : value.numerator) * 10n ** BigInt(decimals);
  const whole = how === "round"
    ? (2n * top + value.denominator) / (2n * value.denominator)
    : top / value.denominator;
  return negative ? -whole : whole;
}

/** One text per value: `1/2` for 0.5 and for 50 %. */
export function numberNormalForm(value: PlainNumber): string {
  const { numerator, denominator } = percentToPlain(value);
  return denominator === 1n ? `${numerator}` : `${numerator}/${denominator}`;
}
