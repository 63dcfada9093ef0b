import { checkLength, checkSameLength, checkWhole } from "./_checks.ts";

/**
 * Arithmetic mean.
 *
 * @throws {RangeError} If there are no values.
 */
export function mean(values: ArrayLike<number>): number {
  checkLength("a mean", values, 1);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/**
 * Standard deviation of a sample (divisor n - 1).
 *
 * @throws {RangeError} If there are fewer than two values.
 */
export function standardDeviation(values: ArrayLike<number>): number {
  checkLength("a standard deviation", values, 2);
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/**
 * Standard error of the mean of one value a problem: the samples of a problem depend on each other, so their mean is the unit.
 * Clusters join problems that depend on each other as well (parts of one context, duplicates).
 *
 * SE² = G/(G - 1) · 1/n² · Σ_g (Σ_{i in g} (s_i - s̄))²; without clusters that is sd(s)/√n.
 * Source: Miller (2024), arXiv 2411.00640, section 2.2; `cov_type="cluster"` of statsmodels for a constant alone.
 *
 * @param values Mean score of each problem.
 * @param clusters Name of the cluster of each problem. @default every problem is one
 * @throws {RangeError} If there are fewer than two clusters, or the lists differ in length.
 */
export function clusteredStandardError(
  values: ArrayLike<number>,
  clusters?: ArrayLike<string | number>,
): number {
  const sums = clusterDeviations(values, clusters);
  checkLength("a standard error", sums, 2);
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  return Math.sqrt(sums.length / (sums.length - 1) * squares) / values.length;
}

/** How much of a score's variance more samples would take away. */
export interface VarianceParts {
  /** Variance of the score's mean that comes from the choice of problems. */
  readonly problems: number;
  /** Variance of the score's mean that comes from sampling; k times the samples divide it by k. */
  readonly sampling: number;
}

/**
 * Splits the variance of avg@k for planning: Var = (Var_i(p_i) + E_i[p_i(1 - p_i)]/k)/n (docs/evaluation.md, "One score"), both parts
 * unbiased.
 *
 * @param correct Right samples of each problem.
 * @param samples Samples of every problem, at least two.
 * @throws {RangeError} If there are fewer than two problems or samples.
 */
export function varianceParts(correct: ArrayLike<number>, samples: number): VarianceParts {
  checkWhole("samples", samples, 2);
  const rates = Float64Array.from(correct, (c) => c / samples);
  const total = standardDeviation(rates) ** 2;
  const within = mean(rates.map((p) => p * (1 - p))) / (samples - 1);
  const n = rates.length;
  return { problems: Math.max(0, total - within) / n, sampling: within / n };
}

/** Sum of the deviations from the mean, one a cluster. */
function clusterDeviations(
  values: ArrayLike<number>,
  clusters: ArrayLike<string | number> | undefined,
): readonly number[] {
  const centre = mean(values);
  if (clusters === undefined) return Array.from(values, (value) => value - centre);
  checkSameLength("a standard error", values, clusters);
  const sums = new Map<string | number, number>();
  for (let i = 0; i < values.length; i++) {
    const cluster = clusters[i] as string | number;
    sums.set(cluster, (sums.get(cluster) ?? 0) + (values[i] as number) - centre);
  }
  return [...sums.values()];
}
