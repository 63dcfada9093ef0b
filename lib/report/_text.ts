/** Characters of model text that a report shows at most, where nothing else is said. */
const SHOWN_LENGTH = 400;

/** Text without control characters and invisible ones that change its direction. Line ends and tabs stay. */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu,
    (character) => character === "\n" || character === "\t" ? character : "\ufffd",
  );
}

/** Visible text, cut where it is too long. */
export function clip(text: string, length = SHOWN_LENGTH): string {
  const safe = visible(text);
  if (safe.length <= length) return safe;
  // A pair of surrogates is never cut in two.
  const end = /[\ud800-\udbff]/.test(safe.charAt(length - 1)) ? length - 1 : length;
  return `${safe.slice(0, end)}…`;
}

/** The same or `null`. */
export function clipOrNull(text: string | null, length = SHOWN_LENGTH): string | null {
  return text === null ? null : clip(text, length);
}

/**
 * JSON text, indented.
 *
 * @throws {SyntaxError} If it is no JSON.
 */
export function prettyJson(text: string): string {
  return visible(JSON.stringify(JSON.parse(text), null, 2));
}
