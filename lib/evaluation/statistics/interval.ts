import { checkFraction } from "./_checks.ts";
import { normalQuantile } from "./quantiles.ts";

/** An interval, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Share of intervals that hold the true value, where nothing else is asked for. */
export const DEFAULT_LEVEL = 0.95;

/** Observed share and the number of independent trials it comes from. */
export interface Proportion {
  /** Successes; need not be whole, see {@linkcode effectiveTrials}. */
  readonly successes: number;
  readonly trials: number;
}

/**
 * Wilson's score interval for a proportion: right where scores lie near 0 or 1, as on AIME.
 *
 * Source: Wilson (1927), JASA 22, 209-212; `proportion_confint(method="wilson")` of statsmodels.
 *
 * @throws {RangeError} If there are no trials, or successes outside of 0 … trials.
 */
export function wilsonInterval(
  { successes, trials }: Proportion,
  { level = DEFAULT_LEVEL }: { readonly level?: number } = {},
): Interval {
  if (!(trials > 0) || !(successes >= 0) || !(successes <= trials)) {
    throw new RangeError(
      `Cannot compute an interval of ${successes} successes in ${trials} trials: expected 0 … trials of at least one`,
    );
  }
  const z = normalQuantile(1 - (1 - checkFraction("level", level)) / 2);
  const p = successes / trials;
  const scale = 1 + z * z / trials;
  const centre = (p + z * z / (2 * trials)) / scale;
  const reach = z * Math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)) / scale;
  // Rounding must not take the observed share out of its own interval.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - reach),
    high: successes === trials ? 1 : Math.min(1, centre + reach),
  };
}

/**
 * Independent trials that would give the same standard error: p(1 - p)/SE². Lets {@linkcode wilsonInterval} serve means over several
 * samples a problem (docs/evaluation.md, "One score"). The divisor n - 1 inside of the standard error is undone, so that one sample a
 * problem gives exactly n. Where the standard error says nothing (all problems alike) the number of problems is meant.
 *
 * @param mean Observed mean, a fraction.
 * @param standardError Clustered by problem.
 * @param problems Problems (or clusters) that the standard error is taken over.
 */
export function effectiveTrials(mean: number, standardError: number, problems: number): number {
  const variance = mean * (1 - mean);
  if (standardError === 0 || variance === 0 || problems < 2) return problems;
  return variance * problems / ((problems - 1) * standardError * standardError);
}
