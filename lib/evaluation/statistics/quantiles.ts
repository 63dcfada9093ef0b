/** Quantiles of the distribution that intervals come from. Eight digits are right (`jstat`), which no interval can show. */
// @ts-types="./_jstat.d.ts"
import jStat from "jstat";
import { checkFraction } from "./_checks.ts";

/**
 * Quantile of the standard normal distribution.
 *
 * @param p Probability, between 0 and 1, both excluded.
 * @throws {RangeError} If `p` lies outside.
 */
export function normalQuantile(p: number): number {
  return jStat.normal.inv(checkFraction("probability", p), 0, 1);
}
