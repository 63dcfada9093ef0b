/**
 * Claims about a recipe: the seeds of the whole chain are as random as the problems (evaluation.md 3.3).
 *
 * Source: the crossed ("pigeonhole") bootstrap, Owen (2007), Ann. Appl. Stat. 1, 386-411: both factors are drawn independently.
 * It is conservative: its variance is never too small.
 */
import { seededRandom } from "../../core/mod.ts";
import { checkLength, checkSameLength } from "./_checks.ts";
import { DEFAULT_RESAMPLES, type ResampleOptions, resampleTotals } from "./_resample.ts";
import { percentileInterval, signProbability } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { mean, standardDeviation } from "./standard_error.ts";

/** A difference over seeds and problems. */
export interface CrossedDifference {
  readonly difference: number;
  readonly interval: Interval;
  /** Two-sided p-value of no difference. */
  readonly p: number;
  /** Difference of every seed, in the order given: always printed beside the mean. */
  readonly perSeed: readonly number[];
  /** Standard deviation of the seeds' differences; `null` for a single seed. */
  readonly seedDeviation: number | null;
  /** Seeds less one: two degrees of freedom say little, and a report says so. */
  readonly degreesOfFreedom: number;
}

/**
 * Mean of paired differences with an interval that holds for new seeds and new problems.
 *
 * @param differences One row a seed: score of the first less score of the second, one a problem, problems in one order.
 * @throws {RangeError} If there are no seeds or problems, or the rows differ in length.
 */
export function crossedBootstrap(
  differences: readonly ArrayLike<number>[],
  options: ResampleOptions & { readonly level?: number } = {},
): CrossedDifference {
  checkLength("a crossed bootstrap", differences, 1);
  const [first] = differences;
  for (const row of differences) {
    checkSameLength("a crossed bootstrap", first ?? [], row);
    checkLength("a crossed bootstrap", row, 1);
  }
  const { seed = 0, resamples = DEFAULT_RESAMPLES } = options;
  const columns = differences.map((row) => Float64Array.from(row));
  const totals = resampleTotals(columns, { seed, resamples });
  const random = seededRandom(seed + 1);
  const draws = new Float64Array(resamples);
  const seeds = columns.length;
  const cells = seeds * (columns[0]?.length ?? 0);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let i = 0; i < seeds; i++) {
      sum += totals[Math.floor(random() * seeds)]?.[resample] as number;
    }
    draws[resample] = sum / cells;
  }
  const perSeed = columns.map(mean);
  return {
    difference: mean(perSeed),
    interval: percentileInterval(draws, options.level),
    p: signProbability(draws),
    perSeed,
    seedDeviation: seeds > 1 ? standardDeviation(perSeed) : null,
    degreesOfFreedom: seeds - 1,
  };
}

/**
 * Whether a difference is shown to be no loss: its lower bound lies above -margin (non-inferiority, evaluation.md 3.3).
 *
 * @param margin Loss that would still be accepted, a fraction. @default 0.02
 */
export function isNotLower({ interval }: { readonly interval: Interval }, margin = 0.02): boolean {
  return interval.low > -margin;
}
