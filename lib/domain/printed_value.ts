/** Pattern of a number as programs print it, thousands separators included. */
const NUMBER = /[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** Letters of words; names that mathematics is written with are none. */
const WORD = /[A-Za-z]{2,}/g;
const MATHEMATICAL = new Set(
  "sqrt pi sin cos tan log exp oo Rational Fraction Integer Matrix True False".split(" "),
);

/**
 * Finds the value in what a program printed: its last line, if that is a value; else the one number of it, looked for behind the last
 * colon or equals sign first.
 *
 * @returns `null` where the line holds several numbers or none.
 */
export function printedValue(printed: string): string | null {
  const line = printed.split("\n").findLast((one) => one.trim() !== "")?.trim() ?? "";
  if (line === "" || line.length > 400) return null;
  const behind = line.slice(Math.max(line.lastIndexOf(":"), line.lastIndexOf("=")) + 1).trim();
  for (const text of [line, behind]) if (isValue(text)) return withoutSeparators(text);
  return onlyNumber(behind) ?? onlyNumber(line);
}

function isValue(text: string): boolean {
  return text !== "" && !/[:=!?]/.test(text) &&
    (text.match(WORD) ?? []).every((word) => MATHEMATICAL.has(word));
}

function onlyNumber(text: string): string | null {
  const [number, ...others] = text.match(NUMBER) ?? [];
  return number === undefined || others.length > 0 ? null : withoutSeparators(number);
}

function withoutSeparators(text: string): string {
  return /^[-+$ ]*\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text;
}
