import { checkLength, checkSameLength } from "./_checks.ts";
import { mcnemarExact } from "./paired_tests.ts";
import { signFlipDraws, signFlipInterval, type SignFlipOptions } from "./sign_flip.ts";
import { mean } from "./standard_error.ts";
import { testByDraws, type TestedDifference } from "./tested_difference.ts";

/** How a paired difference was tested: exactly where scores are 0 or 1, by random signs elsewhere. */
export type PairedTest = "mcnemar-exact" | "sign-flip";

/** A difference of two evaluations of the same problems. */
export interface PairedDifference extends TestedDifference {
  readonly test: PairedTest;
}

/** Options of {@linkcode pairedDifference}. */
export interface PairedDifferenceOptions extends SignFlipOptions {
  /** Share of intervals that hold the true value. @default 0.95 */
  readonly level?: number;
}

/** Largest difference between sums of the same scores in another order. */
const ROUNDING = 1e-9;

/**
 * Difference of two means over the same problems, with the interval and the p-value of one test: McNemar's exact one where every problem
 * is won, lost or unchanged, and the test by random signs, of which it is a case, for scores in between.
 *
 * @param first Score of each problem, a fraction.
 * @param second Scores of the same problems in the same order.
 * @throws {RangeError} If there are no scores, or the lists differ in length.
 */
export function pairedDifference(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: PairedDifferenceOptions = {},
): PairedDifference {
  checkSameLength("a paired difference", first, second);
  checkLength("a paired difference", first, 1);
  const differences = Float64Array.from(first, (score, i) => score - (second[i] as number));
  const isWhole = differences.every((d) => Math.abs(d - Math.round(d)) < ROUNDING);
  if (!isWhole || options.clusters !== undefined) {
    return {
      difference: mean(differences),
      test: "sign-flip",
      ...testByDraws([signFlipDraws(differences, options)], options),
    };
  }
  const onlyFirst = differences.filter((d) => d > ROUNDING).length;
  const onlySecond = differences.filter((d) => d < -ROUNDING).length;
  const unchanged = differences.length - onlyFirst - onlySecond;
  return {
    difference: mean(differences),
    test: "mcnemar-exact",
    p: mcnemarExact({ onlyFirst, onlySecond }),
    interval: signFlipInterval({ onlyFirst, onlySecond, unchanged }, options),
  };
}
