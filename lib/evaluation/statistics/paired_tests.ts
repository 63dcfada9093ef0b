import { checkWhole } from "./_checks.ts";

/** Problems on which two single-sample evaluations disagree. */
export interface Discordance {
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/**
 * Exact two-sided p-value of McNemar's test: min(1, 2 · Σ_{i <= min(b, c)} C(b + c, i)/2^(b + c)), and 1 where nothing changed.
 * At least six changes, all to one side, are needed for p < .05.
 *
 * Source: McNemar (1947) with the binomial distribution; `mcnemar(exact=True)` of statsmodels.
 *
 * @throws {RangeError} If a count is negative or not whole.
 */
export function mcnemarExact({ onlyFirst, onlySecond }: Discordance): number {
  checkWhole("problems that only the first solves", onlyFirst, 0);
  checkWhole("problems that only the second solves", onlySecond, 0);
  const changed = onlyFirst + onlySecond;
  if (changed === 0) return 1;
  const fewer = Math.min(onlyFirst, onlySecond);
  let logTerm = -changed * Math.LN2;
  let tail = 0;
  for (let i = 0; i <= fewer; i++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log((changed - i) / (i + 1));
  }
  return Math.min(1, 2 * tail);
}

/**
 * Holm's step-down correction over a family of tests: p-values that may each be compared with the level of the whole family.
 *
 * Source: Holm (1979), Scand. J. Statist. 6, 65-70; `multipletests(method="holm")` of statsmodels.
 *
 * @param pValues Raw p-values, in any order.
 * @returns Corrected ones in the same order.
 * @throws {RangeError} If a value lies outside of [0, 1].
 */
export function holm(pValues: readonly number[]): readonly number[] {
  for (const p of pValues) {
    if (!(p >= 0 && p <= 1)) {
      throw new RangeError(`Cannot correct p-value ${p}: expected a number from 0 to 1`);
    }
  }
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const corrected = new Array<number>(pValues.length).fill(1);
  let largest = 0;
  for (const [rank, { p, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    corrected[index] = largest;
  }
  return corrected;
}
