const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/**
 * Seconds of a duration such as `90s`, `10m`, `1.5h`, `7d`; a bare number is seconds.
 *
 * @returns `null` when the text is no duration.
 */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text.trim());
  if (match === null) return null;
  const unit = match[2] === "" ? "s" : match[2];
  const seconds = Number(match[1]) * UNITS[unit as keyof typeof UNITS];
  return seconds > 0 ? seconds : null;
}
