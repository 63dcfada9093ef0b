/** Choice among open forks (docs/search.md, "Forks"). Pure; reads the tree, changes nothing. */
import type { PpmCalibration } from "../core/mod.ts";
import type { Fork } from "./_fork.ts";
import type { TreeNode } from "./_node.ts";
import { totalValue, visitCount } from "./_values.ts";
import type { ChoiceRule } from "./spec.ts";

/** A fork, and how much speaks for it beside others. */
export interface WeightedFork {
  readonly fork: Fork;
  /** Probability that the policy, asked at the root, writes exactly this beginning. */
  readonly mass: number;
  /** Non-negative weight by which the rule chooses. */
  readonly weight: number;
}

/** Options of {@linkcode weighForks}. */
export interface WeighOptions {
  readonly rule: ChoiceRule;
  readonly calibration: PpmCalibration;
  /** Logarithm of the probability that the policy writes the text of a node. */
  readonly reachOf: (node: TreeNode) => number;
}

/**
 * Weighs forks by a rule: `mass-value` by mass times {@linkcode forkValue}, `mass` and `likeliest` by mass, `entropy` by the entropy at
 * the fork's place times the probability of its token there.
 */
export function weighForks(forks: Iterable<Fork>, options: WeighOptions): WeightedFork[] {
  const { rule, calibration, reachOf } = options;
  const weighed: WeightedFork[] = [];
  for (const fork of forks) {
    const mass = Math.exp(reachOf(fork.node) + fork.logprob);
    weighed.push({ fork, mass, weight: weightOf(fork, { mass, rule, calibration }) });
  }
  return weighed;
}

function weightOf(
  fork: Fork,
  { mass, rule, calibration }: {
    readonly mass: number;
    readonly rule: ChoiceRule;
    readonly calibration: PpmCalibration;
  },
): number {
  if (rule === "mass-value") return mass * forkValue(fork.node, calibration);
  if (rule !== "entropy") return mass;
  return fork.token === null ? 1 : fork.entropy * Math.exp(fork.token.logprob);
}

/**
 * Value of going on below a node, between 0 and 2: `1 + q / (N + 2)`. It is twice the chance of a right end as one right and one wrong
 * rollout more would have it, and 1 where nothing is known.
 */
export function forkValue(node: TreeNode, calibration: PpmCalibration): number {
  return 1 + totalValue(node, calibration) / (visitCount(node) + 2);
}

/**
 * Chooses a fork: the one of highest weight with `likeliest` (ties: the first), else one in proportion to the weights.
 *
 * @param random Number in [0, 1).
 * @returns `null` when there is none, or none has any weight.
 */
export function chooseFork(
  forks: readonly WeightedFork[],
  { rule, random }: { readonly rule: ChoiceRule; readonly random: number },
): Fork | null {
  if (rule === "likeliest") {
    return forks.reduce<WeightedFork | null>(
      (best, one) => one.weight > (best?.weight ?? 0) ? one : best,
      null,
    )?.fork ?? null;
  }
  const total = forks.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * total;
  let last: Fork | null = null;
  for (const { fork, weight } of forks) {
    if (weight <= 0) continue;
    last = fork;
    left -= weight;
    if (left < 0) return fork;
  }
  return last;
}
