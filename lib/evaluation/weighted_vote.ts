import { hashSeed, type PpmCalibration, seededRandom, shuffled } from "../core/mod.ts";
import type { GradedSample, ProblemMetric } from "./compare_problems.ts";

/** Subsets that stand for all choices of k samples (docs/evaluation.md, "Metrics"). */
const SUBSETS = 200;

/** Chance that the weighted vote of k samples is right, over seeded subsets where there are more than k. */
export function weightedVoteMetric(k: number, calibration: PpmCalibration): ProblemMetric {
  return {
    name: `weighted-vote@${k}`,
    k,
    score: (samples) => {
      if (samples.length === k) return weightedVoteScore(samples, calibration);
      const random = seededRandom(hashSeed("weighted vote", samples.length, k));
      let sum = 0;
      for (let i = 0; i < SUBSETS; i++) {
        sum += weightedVoteScore(shuffled(random, samples).slice(0, k), calibration);
      }
      return sum / SUBSETS;
    },
  };
}

/**
 * Whether the answer with the largest sum of weights is right; a tie counts as the share of the tied answers that is right. A weight
 * is (v + 1)/2 of the value v = tanh((logit - bias)/scale), so that a bad sample adds little and never takes away (docs/evaluation.md,
 * "Metrics").
 */
export function weightedVoteScore(
  samples: readonly Pick<GradedSample, "group" | "isGroupRight" | "score">[],
  { bias, scale }: PpmCalibration,
): number {
  const groups = new Map<string, { weight: number; readonly isRight: boolean }>();
  for (const { group: name, isGroupRight, score } of samples) {
    if (name === null) continue;
    const group = groups.get(name) ?? { weight: 0, isRight: isGroupRight };
    group.weight += score === null ? 0 : (Math.tanh((score - bias) / scale) + 1) / 2;
    groups.set(name, group);
  }
  const heaviest = Math.max(...[...groups.values()].map(({ weight }) => weight));
  // Equal weights in another order add up to sums that differ in the last bits.
  const winners = [...groups.values()].filter(({ weight }) => weight >= heaviest * (1 - ROUNDING));
  if (winners.length === 0) return 0;
  return winners.filter(({ isRight }) => isRight).length / winners.length;
}

const ROUNDING = 1e-12;
