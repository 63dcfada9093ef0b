/** Quantiles of the distributions that intervals come from. Eight digits are right (`jstat`), which no interval can show. */
// @ts-types="./_jstat.d.ts"
import jStat from "jstat";
import { checkFraction, checkWhole } from "./_checks.ts";

/**
 * Quantile of the standard normal distribution.
 *
 * @param p Probability, between 0 and 1, both excluded.
 * @throws {RangeError} If `p` lies outside.
 */
export function normalQuantile(p: number): number {
  return jStat.normal.inv(checkFraction("probability", p), 0, 1);
}

/**
 * Quantile of Student's t distribution.
 *
 * @param p Probability, between 0 and 1, both excluded.
 * @param degreesOfFreedom Whole, at least 1.
 * @throws {RangeError} If either lies outside.
 */
export function studentQuantile(p: number, degreesOfFreedom: number): number {
  checkWhole("degrees of freedom", degreesOfFreedom, 1);
  return jStat.studentt.inv(checkFraction("probability", p), degreesOfFreedom);
}

/** How many standard errors a two-sided interval reaches to each side: t below 100 units, normal from there on (evaluation.md 3.2). */
export function intervalReach(level: number, units: number): number {
  const p = 1 - (1 - level) / 2;
  return units < 100 ? studentQuantile(p, units - 1) : normalQuantile(p);
}
