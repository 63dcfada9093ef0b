/**
 * The one place that says by what a mode is judged. Its figure in tables and reports, what comparisons and claims test, what stands on a
 * curve and which answer is shown all follow from it.
 *
 * Several samples of a policy are judged by their mean. Several samples that the PPM has scored, whole answers as well as searches, are a
 * choice: what counts is the one that it likes best, at the price of all of them.
 */
import type { EvaluationModeName } from "../core/mod.ts";
import {
  averageMetric,
  bestOfMetric,
  bestScored,
  type GradedSample,
  majorityMetric,
  passMetric,
  type ProblemMetric,
  votedAnswer,
} from "./compare_problems.ts";

/** Metric by which a mode is judged. */
export interface Headline extends ProblemMetric {
  /** Samples that one answer of the mode costs. */
  readonly paid: number;
}

/** Whether a mode's samples carry the PPM's score, by which one of them is chosen. */
export function isChoice(mode: EvaluationModeName): boolean {
  return mode === "bon" || mode === "mcts" || mode === "beam";
}

/** The metric of a mode with so many samples a problem. */
export function headlineMetric(mode: EvaluationModeName, samples: number): Headline {
  return samples > 1 && isChoice(mode)
    ? { ...bestOfMetric(samples), paid: samples }
    : { ...averageMetric(samples), paid: 1 };
}

/** Rules by which one answer is made of k samples. */
export const CURVE_RULES = ["pass", "maj", "best-of"] as const;

/** Rule of a curve. `pass` is the oracle: the ceiling of every rule, and no method. */
export type CurveRule = typeof CURVE_RULES[number];

/** Metric of a rule with k samples. */
export function ruleMetric(rule: CurveRule, k: number): ProblemMetric {
  switch (rule) {
    case "pass":
      return passMetric(k);
    case "maj":
      return majorityMetric(k);
    case "best-of":
      return bestOfMetric(k);
  }
}

/** Whether the PPM reads nothing but whole answers, so that a rule that does not ask it does not pay for it. */
export function isScoredAfterwards(mode: EvaluationModeName): boolean {
  return mode === "bon";
}

/** How a mode makes one answer of k samples, for its curve over k: a mean of k samples is no answer. */
export function headlineRule(mode: EvaluationModeName): CurveRule {
  return isChoice(mode) ? "best-of" : "maj";
}

/** The answer that stands for a problem: the chosen one, or the most frequent; of equals the first drawn. `null` without any. */
export function headlineAnswer(
  mode: EvaluationModeName,
  samples: readonly GradedSample[],
): string | null {
  return isChoice(mode) ? bestScored(samples)?.answer ?? null : votedAnswer(samples);
}
