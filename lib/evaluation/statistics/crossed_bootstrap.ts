/**
 * Claims about a recipe: the seeds of the whole chain are as random as the problems (docs/evaluation.md, "Recipes").
 *
 * Source: the crossed ("pigeonhole") bootstrap, Owen (2007), Ann. Appl. Stat. 1, 386-411: both factors are drawn independently. Drawing S
 * of S seeds shows but (S - 1)/S of the variance between them, which counts where S is 2 or 3: what a draw of seeds adds is stretched
 * by √(S/(S - 1)). With two degrees of freedom the interval is still a little short where seeds differ more than problems do.
 */
import { seededRandom } from "../../core/mod.ts";
import { checkLength, checkSameLength } from "./_checks.ts";
import { DEFAULT_RESAMPLES, type ResampleOptions, resampleTotals } from "./_resample.ts";
import { percentileInterval } from "./bootstrap.ts";
import type { Interval } from "./interval.ts";
import { signFlipDraws } from "./sign_flip.ts";
import { mean, standardDeviation } from "./standard_error.ts";
import { testByDraws, type TestedDifference } from "./tested_difference.ts";

/** A mean over seeds and problems. */
export interface CrossedMean {
  readonly mean: number;
  readonly interval: Interval;
  /** Mean of every seed, in the order given. */
  readonly perSeed: readonly number[];
}

/** A difference over seeds and problems. */
export interface CrossedDifference extends TestedDifference {
  /** Difference of every seed, in the order given: always printed beside the mean. */
  readonly perSeed: readonly number[];
  /** Standard deviation of the seeds' differences; `null` for a single seed. */
  readonly seedDeviation: number | null;
  /** Seeds less one: two degrees of freedom say little, and a report says so. */
  readonly degreesOfFreedom: number;
}

/** Options of crossed bootstraps. */
export type CrossedOptions = ResampleOptions & {
  /** Level of the interval. @default 0.95 */
  readonly level?: number;
};

/** Options of {@linkcode crossedBootstrap}. */
export type CrossedTestOptions = CrossedOptions & {
  /** Difference that is tested. @default 0 */
  readonly margin?: number;
};

/**
 * Mean of scores with an interval that holds for new seeds and new problems. Nothing is tested, which saves most of the work of
 * {@linkcode crossedBootstrap}.
 *
 * @param scores One row a seed, one score a problem, problems in one order.
 * @throws {RangeError} If there are no seeds or problems, or the rows differ in length.
 */
export function crossedMean(
  scores: readonly ArrayLike<number>[],
  options: CrossedOptions = {},
): CrossedMean {
  const { columns, draws } = resampleCrossed(scores, options);
  const perSeed = columns.map(mean);
  return { mean: mean(perSeed), interval: percentileInterval(draws, options.level), perSeed };
}

/**
 * Mean of paired differences with an interval that holds for new seeds and new problems, and its test. What is refused must be refused
 * by the crossed bootstrap and by flipping the signs of problems ({@linkcode signFlipDraws}): the former alone is too sure where few
 * problems change.
 *
 * @param differences One row a seed: score of the first less score of the second, one a problem, problems in one order.
 * @throws {RangeError} If there are no seeds or problems, or the rows differ in length.
 */
export function crossedBootstrap(
  differences: readonly ArrayLike<number>[],
  options: CrossedTestOptions = {},
): CrossedDifference {
  const { columns, draws, seed, resamples } = resampleCrossed(differences, options);
  const seeds = columns.length;
  const overSeeds = Float64Array.from(
    columns[0] ?? [],
    (_, problem) => columns.reduce((sum, column) => sum + (column[problem] as number), 0) / seeds,
  );
  const perSeed = columns.map(mean);
  return {
    difference: mean(perSeed),
    ...testByDraws([draws, signFlipDraws(overSeeds, { seed, resamples })], options),
    perSeed,
    seedDeviation: seeds > 1 ? standardDeviation(perSeed) : null,
    degreesOfFreedom: seeds - 1,
  };
}

/** Means of resamples in which seeds and problems are drawn independently. */
function resampleCrossed(
  rows: readonly ArrayLike<number>[],
  { seed = 0, resamples = DEFAULT_RESAMPLES }: ResampleOptions,
): Required<ResampleOptions> & {
  readonly columns: readonly Float64Array[];
  readonly draws: Float64Array;
} {
  checkLength("a crossed bootstrap", rows, 1);
  const [first = []] = rows;
  for (const row of rows) {
    checkSameLength("a crossed bootstrap", first, row);
    checkLength("a crossed bootstrap", row, 1);
  }
  const columns = rows.map((row) => Float64Array.from(row));
  const totals = resampleTotals(columns, { seed, resamples });
  const random = seededRandom(seed + 1);
  const draws = new Float64Array(resamples);
  const seeds = columns.length;
  const cells = seeds * first.length;
  const stretch = seeds > 1 ? Math.sqrt(seeds / (seeds - 1)) : 0;
  for (let resample = 0; resample < resamples; resample++) {
    let all = 0;
    let drawn = 0;
    for (let i = 0; i < seeds; i++) {
      all += totals[i]?.[resample] as number;
      drawn += totals[Math.floor(random() * seeds)]?.[resample] as number;
    }
    draws[resample] = (all + stretch * (drawn - all)) / cells;
  }
  return { columns, draws, seed, resamples };
}

/**
 * Whether a difference is shown to be no loss: its lower bound lies above -margin (non-inferiority, docs/evaluation.md, "Recipes").
 *
 * @param margin Loss that would still be accepted, a fraction. @default 0.02
 */
export function isNotLower({ interval }: { readonly interval: Interval }, margin = 0.02): boolean {
  return interval.low > -margin;
}
