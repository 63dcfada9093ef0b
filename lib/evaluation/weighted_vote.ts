import type { PpmCalibration } from "../endpoint/ppm.ts";
import type { GradedSample } from "./compare_problems.ts";

/**
 * Whether the answer with the largest sum of weights is right; a tie counts as the share of the tied answers that is right. A weight
 * is (v + 1)/2 of the value v = tanh((logit - bias)/scale), so that a bad sample adds little and never takes away (evaluation.md 2.2).
 */
export function weightedVoteScore(
  samples: readonly Pick<GradedSample, "group" | "correct" | "score">[],
  { bias, scale }: PpmCalibration,
): number {
  const groups = new Map<string, { weight: number; count: number; right: number }>();
  for (const { group: name, correct, score } of samples) {
    if (name === null) continue;
    const group = groups.get(name) ?? { weight: 0, count: 0, right: 0 };
    group.weight += score === null ? 0 : (Math.tanh((score - bias) / scale) + 1) / 2;
    group.count++;
    if (correct) group.right++;
    groups.set(name, group);
  }
  const heaviest = Math.max(...[...groups.values()].map(({ weight }) => weight));
  const winners = [...groups.values()].filter(({ weight }) => weight === heaviest);
  if (winners.length === 0) return 0;
  return winners.reduce((sum, { right, count }) => sum + right / count, 0) / winners.length;
}
