import { checkFraction, checkWhole } from "./_checks.ts";
import { normalQuantile } from "./quantiles.ts";

/** Level and power of a planned test. */
export interface TestDesign {
  /** Two-sided level of the test. @default 0.05 */
  readonly alpha?: number;
  /** Chance to find a difference of the stated size. @default 0.8 */
  readonly power?: number;
}

/**
 * Smallest true difference of two evaluations of the same problems that a paired test finds with the given power:
 * (z_{1 - alpha/2} + z_{power}) · sd(d)/√n.
 *
 * Source: Miller (2024), arXiv 2411.00640, section 5; `NormalIndPower(ratio=0)` of statsmodels.
 *
 * @param problems Problems that both have.
 * @param deviation Standard deviation of the difference a problem; √(share of changed problems) where k = 1 and the difference is small.
 * @throws {RangeError} If an argument lies outside of its range.
 */
export function minimumDetectableDifference(
  { problems, deviation, ...design }:
    & { readonly problems: number; readonly deviation: number }
    & TestDesign,
): number {
  checkWhole("problems", problems, 1);
  checkDeviation(deviation);
  return reach(design) * deviation / Math.sqrt(problems);
}

/**
 * The same for two evaluations whose problems are not the same, or not paired: (z + z) · √(σ₁²/n₁ + σ₂²/n₂).
 *
 * @param first Problems of the first and standard deviation over them; √(p(1 - p)) where k = 1.
 * @throws {RangeError} If an argument lies outside of its range.
 */
export function minimumDetectableDifferenceUnpaired(
  { first, second, ...design }:
    & { readonly first: ScoreSpread; readonly second: ScoreSpread }
    & TestDesign,
): number {
  let variance = 0;
  for (const { problems, deviation } of [first, second]) {
    checkWhole("problems", problems, 1);
    checkDeviation(deviation);
    variance += deviation * deviation / problems;
  }
  return reach(design) * Math.sqrt(variance);
}

/** How the scores of one evaluation spread over its problems. */
export interface ScoreSpread {
  readonly problems: number;
  readonly deviation: number;
}

function reach({ alpha = 0.05, power = 0.8 }: TestDesign): number {
  return normalQuantile(1 - checkFraction("alpha", alpha) / 2) +
    normalQuantile(checkFraction("power", power));
}

function checkDeviation(deviation: number): void {
  if (deviation >= 0 && Number.isFinite(deviation)) return;
  throw new RangeError(
    `Cannot compute a detectable difference with deviation ${deviation}: expected 0 or more`,
  );
}
