/**
 * The beginning of a text of unknown origin, fit for one line of a terminal: no control characters, none that change its direction,
 * every run of white space one blank.
 *
 * @param limit Most characters of it.
 */
export function excerpt(text: string, limit: number): string {
  const line = [
    ...text.slice(0, 4 * limit).toWellFormed().replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim(),
  ];
  const isCut = line.length > limit || text.length > 4 * limit;
  return line.slice(0, limit).join("") + (isCut ? " …" : "");
}
