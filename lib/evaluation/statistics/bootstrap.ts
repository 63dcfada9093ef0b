/**
 * Bootstrap intervals over problems. A metric that is a mean of one value a problem (avg@k, pass@k, maj@k, best-of-k, tokens) is
 * resampled as that mean.
 *
 * Source: Efron (1979), percentile intervals; evaluation.md 3.2 for the two-sided p-value.
 */
import { checkFraction, checkLength, checkSameLength } from "./_checks.ts";
import { clusterTotals, type ResampleOptions, resampleTotals } from "./_resample.ts";
import { DEFAULT_LEVEL, type Interval } from "./interval.ts";
import { mean } from "./standard_error.ts";

export type { ResampleOptions } from "./_resample.ts";

/** Options of a bootstrap. */
export interface BootstrapOptions extends ResampleOptions {
  /** Share of intervals that hold the true value. @default 0.95 */
  readonly level?: number;
  /** Cluster of each problem; whole clusters are drawn. @default every problem is one */
  readonly clusters?: ArrayLike<string | number>;
}

/** A difference of means with what a bootstrap says of it. */
export interface BootstrapDifference {
  /** Mean of the first less mean of the second. */
  readonly difference: number;
  readonly interval: Interval;
  /** Two-sided p-value of no difference. */
  readonly p: number;
}

/**
 * Percentile interval of a mean.
 *
 * @param values One value a problem.
 * @throws {RangeError} If there are no values, or the lists differ in length.
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  options: BootstrapOptions = {},
): Interval {
  checkLength("a bootstrap interval", values, 1);
  return percentileInterval(resampledMeans(values, options), options.level);
}

/**
 * Bootstrap of the difference of two means over the same problems; both see the same draws.
 *
 * @param first One value a problem.
 * @param second Values of the same problems in the same order.
 * @throws {RangeError} If there are no values, or the lists differ in length.
 */
export function pairedBootstrap(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: BootstrapOptions = {},
): BootstrapDifference {
  checkSameLength("a paired bootstrap", first, second);
  checkLength("a paired bootstrap", first, 1);
  const differences = Float64Array.from(first, (value, i) => value - (second[i] as number));
  const draws = resampledMeans(differences, options);
  return {
    difference: mean(differences),
    interval: percentileInterval(draws, options.level),
    p: signProbability(draws),
  };
}

/**
 * Interval between the quantiles of draws that leave (1 - level)/2 on each side, interpolated as numpy does.
 *
 * @throws {RangeError} If there are no draws.
 */
export function percentileInterval(draws: ArrayLike<number>, level = DEFAULT_LEVEL): Interval {
  checkLength("an interval", draws, 1);
  const sorted = Float64Array.from(draws).sort();
  const tail = (1 - checkFraction("level", level)) / 2;
  return { low: quantile(sorted, tail), high: quantile(sorted, 1 - tail) };
}

/** Two-sided p-value of draws of a difference: 2 · min(#{d <= 0} + 1, #{d >= 0} + 1)/(B + 1), at most 1. */
export function signProbability(draws: ArrayLike<number>): number {
  let below = 1;
  let above = 1;
  for (let i = 0; i < draws.length; i++) {
    const draw = draws[i] as number;
    // Sums of the same values in another order differ in the last bits; that is no difference.
    if (draw <= NO_DIFFERENCE) below++;
    if (draw >= -NO_DIFFERENCE) above++;
  }
  return Math.min(1, 2 * Math.min(below, above) / (draws.length + 1));
}

const NO_DIFFERENCE = 1e-12;

function resampledMeans(values: ArrayLike<number>, options: BootstrapOptions): Float64Array {
  const { clusters } = options;
  if (clusters === undefined) {
    const [sums] = resampleTotals([Float64Array.from(values)], options);
    return (sums as Float64Array).map((sum) => sum / values.length);
  }
  checkSameLength("a bootstrap by cluster", values, clusters);
  const totals = clusterTotals(values, clusters);
  const [sums, counts] = resampleTotals([totals.sums, totals.counts], options);
  return (sums as Float64Array).map((sum, i) => sum / (counts?.[i] as number));
}

function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (place - below);
}
