import { distance } from "fastest-levenshtein";

/** The known name that somebody who wrote another one has probably meant; `null` where none is like it. */
export function nearest(written: string, known: readonly string[]): string | null {
  const [best] = known
    .map((name) => ({ name, errors: distance(written.toLowerCase(), name.toLowerCase()) }))
    .toSorted((a, b) => a.errors - b.errors);
  return best !== undefined && best.errors <= Math.max(2, written.length / 3) ? best.name : null;
}
