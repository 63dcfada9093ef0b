import { checkWhole } from "./_checks.ts";

/** Samples of one problem. */
export interface SampleCount {
  readonly samples: number;
  /** How many of them are right. */
  readonly correct: number;
}

/**
 * Unbiased estimate of the chance that at least one of k samples is right: 1 - C(n - c, k)/C(n, k), as a product that cannot overflow.
 *
 * Source: Chen et al. (2021), arXiv 2107.03374, section 2.1.
 *
 * @param k Samples that may be drawn, at most as many as there are.
 * @throws {RangeError} If fewer than k samples exist, or more are right than there are.
 */
export function passAtK({ samples, correct }: SampleCount, k: number): number {
  checkWhole("samples", samples, 1);
  checkWhole("right samples", correct, 0);
  checkDraw(samples, k);
  if (correct > samples) {
    throw new RangeError(
      `Cannot compute pass@${k}: expected at most ${samples} right samples, got ${correct}`,
    );
  }
  if (samples - correct < k) return 1;
  // C(n - c, k)/C(n, k) is the same when c and k change places; the shorter product is exact where it has one factor.
  const [factors, less] = k < correct ? [k, correct] : [correct, k];
  let fails = 1;
  for (let i = 0; i < factors; i++) fails *= (samples - less - i) / (samples - i);
  return 1 - fails;
}

/** Throws unless k of n samples can be drawn. */
export function checkDraw(samples: number, k: number): void {
  checkWhole("k", k, 1);
  if (k > samples) {
    throw new RangeError(
      `Cannot draw ${k} of ${samples} samples: expected k to be at most the number of samples that exist`,
    );
  }
}
