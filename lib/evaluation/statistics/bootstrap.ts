/**
 * Bootstrap intervals over problems. A metric that is a mean of one value a problem (avg@k, pass@k, maj@k, best-of-k, tokens) is
 * resampled as that mean.
 *
 * Source: Efron (1979), percentile intervals.
 */
import { checkFraction, checkLength, checkSameLength } from "./_checks.ts";
import { clusterTotals, type ResampleOptions, resampleTotals } from "./_resample.ts";
import { DEFAULT_LEVEL, type Interval } from "./interval.ts";

export type { ResampleOptions } from "./_resample.ts";

/** Options of a bootstrap. */
export interface BootstrapOptions extends ResampleOptions {
  /** Share of intervals that hold the true value. @default 0.95 */
  readonly level?: number;
  /** Cluster of each problem; whole clusters are drawn. @default every problem is one */
  readonly clusters?: ArrayLike<string | number>;
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
