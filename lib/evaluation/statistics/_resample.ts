import { seededRandom } from "../../core/mod.ts";
import { checkWhole } from "./_checks.ts";

/** How bootstraps draw. */
export interface ResampleOptions {
  /** Seed of the draws: the same seed gives the same figures. @default 0 */
  readonly seed?: number;
  /** Resamples. @default 10000 */
  readonly resamples?: number;
}

/** Resamples where nothing else is asked for. */
export const DEFAULT_RESAMPLES = 10_000;

/**
 * Draws as many units as there are, with replacement, again and again, and adds up each column over the units drawn. All columns see
 * the same draws, which is what makes a comparison paired and lets score and cost move together.
 *
 * @param columns One value a unit, all of one length.
 * @returns For each column the total of every resample.
 */
export function resampleTotals(
  columns: readonly Float64Array[],
  { seed = 0, resamples = DEFAULT_RESAMPLES }: ResampleOptions = {},
): readonly Float64Array[] {
  checkWhole("resamples", resamples, 1);
  const units = columns[0]?.length ?? 0;
  const totals = columns.map(() => new Float64Array(resamples));
  const drawn = new Uint32Array(units);
  const random = seededRandom(seed);
  for (let resample = 0; resample < resamples; resample++) {
    for (let i = 0; i < units; i++) drawn[i] = random() * units;
    for (let c = 0; c < columns.length; c++) {
      (totals[c] as Float64Array)[resample] = sumAt(columns[c] as Float64Array, drawn);
    }
  }
  return totals;
}

function sumAt(column: Float64Array, indices: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < indices.length; i++) sum += column[indices[i] as number] as number;
  return sum;
}

/** Sums of values by cluster, and how many values each cluster has. Without clusters every value is one. */
export function clusterTotals(
  values: ArrayLike<number>,
  clusters?: ArrayLike<string | number>,
): { readonly sums: Float64Array; readonly counts: Float64Array } {
  if (clusters === undefined) {
    return { sums: Float64Array.from(values), counts: new Float64Array(values.length).fill(1) };
  }
  const places = new Map<string | number, number>();
  for (let i = 0; i < clusters.length; i++) {
    const cluster = clusters[i] as string | number;
    if (!places.has(cluster)) places.set(cluster, places.size);
  }
  const sums = new Float64Array(places.size);
  const counts = new Float64Array(places.size);
  for (let i = 0; i < values.length; i++) {
    const place = places.get(clusters[i] as string | number) as number;
    sums[place] = (sums[place] as number) + (values[i] as number);
    counts[place] = (counts[place] as number) + 1;
  }
  return { sums, counts };
}
