/** Numbers, sizes and times as people read them in a line of text. */

/** `1234567` as `1.23M`. */
export function shortNumber(value: number): string {
  for (const [size, suffix] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (value >= size) return `${(value / size).toPrecision(3)}${suffix}`;
  }
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(2);
}

/** Seconds without anything finished after which an estimate of the time left says nothing any more. */
const STALE_SECONDS = 60;

/** Milliseconds since a moment of `performance.now()`, in seconds. */
export function secondsSince(ms: number): number {
  return (performance.now() - ms) / 1000;
}

/**
 * The time that is left, `ETA 3 s`; where nothing was finished for a minute, that: `no tree finished for 3 min 00 s`.
 *
 * @param etaSeconds What it would be if all went on as before; `NaN` where nothing was finished yet.
 * @param options.idleSeconds Seconds since something was finished, or since the start.
 * @param options.what What is finished one by one.
 */
export function timeLeft(
  etaSeconds: number,
  { idleSeconds, what }: { readonly idleSeconds: number; readonly what: string },
): string {
  const isStale = idleSeconds >= STALE_SECONDS && etaSeconds !== 0;
  return isStale
    ? `no ${what} finished for ${shortDuration(idleSeconds)}`
    : `ETA ${shortDuration(etaSeconds)}`;
}

/** Bytes as `312 B`, `4.7 MB`, `78.8 GB`. */
export function shortBytes(bytes: number): string {
  for (const [size, unit] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (bytes >= size) return `${(bytes / size).toPrecision(3)} ${unit}`;
  }
  return `${bytes} B`;
}

/** Seconds as `3 s`, `2 min 05 s`, `1 h 20 min`. */
export function shortDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** A p-value as every table shows it: `.042`, `< .001`. */
export function probabilityText(p: number): string {
  return p < 0.001 ? "< .001" : p.toFixed(3).replace(/^0/, "");
}
