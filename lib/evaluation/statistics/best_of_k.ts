import { oncePer } from "../../core/mod.ts";
import { checkDraw } from "./pass_at_k.ts";

/** One sample with what a model thinks of it. */
export interface ScoredSample {
  /** `null`: never chosen before a scored one. */
  readonly score: number | null;
  readonly correct: boolean;
}

/**
 * Chance that the best scored of k samples is right, exactly, over every choice of k of the n samples that exist:
 * Σ_j y_j · C(n - j, k - 1)/C(n, k) in falling order of score (docs/evaluation.md, "Metrics"). Samples of one score stand for each other:
 * each counts as the mean of them.
 *
 * @param samples Samples of one problem; they are sorted once, so that they must not change afterwards.
 * @param k Samples to choose from, at most as many as there are.
 * @throws {RangeError} If fewer than k samples exist, or a score is not a number.
 */
export function bestOfK(samples: readonly ScoredSample[], k: number): number {
  const n = samples.length;
  checkDraw(n, k);
  const sorted = byScore(samples);
  let expected = 0;
  // Chance that the sample at place j is the best of k: k/n for the first, then times (n - j - k + 1)/(n - j) from place to place.
  let chance = k / n;
  for (let j = 1; j <= n && chance > 0;) {
    let right = 0;
    let weight = 0;
    let end = j;
    const score = scoreOf(sorted[j - 1] as ScoredSample);
    for (; end <= n && scoreOf(sorted[end - 1] as ScoredSample) === score; end++) {
      if (sorted[end - 1]?.correct) right++;
      weight += chance;
      chance *= Math.max(0, n - end - k + 1) / Math.max(1, n - end);
    }
    expected += weight * right / (end - j);
    j = end;
  }
  return expected;
}

const byScore = oncePer((samples: readonly ScoredSample[]) =>
  [...samples].sort((a, b) => scoreOf(b) - scoreOf(a) || 0)
);

function scoreOf({ score }: ScoredSample): number {
  if (Number.isNaN(score)) {
    throw new RangeError("Cannot choose by score: expected a number, got NaN");
  }
  return score ?? -Infinity;
}
