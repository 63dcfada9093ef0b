/** Two methods at equal cost: is search better than plain sampling that may spend as many tokens? */
import { type ComparedEvaluation, type PairOptions, pairProblems } from "./compare_pairs.ts";
import {
  bestOfMetric,
  type GradedProblem,
  type GradedSample,
  majorityMetric,
  passMetric,
  type ProblemMetric,
} from "./compare_problems.ts";
import {
  compareAtEqualCost,
  costCurve,
  type CostSeries,
  type CurvePoint,
  type EqualCostComparison,
  mean,
  type ResampleOptions,
} from "./statistics/mod.ts";

/** Rules by which a baseline makes one answer of k samples. */
export const CURVE_RULES = ["pass", "maj", "best-of"] as const;

/** Rule of a curve. `pass` is the oracle: the ceiling of every rule, and no method. */
export type CurveRule = typeof CURVE_RULES[number];

/** Accuracy against tokens of one evaluation. */
export interface TokenCurve {
  readonly label: string;
  readonly rule: CurveRule;
  readonly points: readonly CurvePoint[];
}

/** A method and a baseline at the method's tokens a problem. */
export interface EqualTokenComparison extends EqualCostComparison {
  readonly labels: readonly [string, string];
  readonly rule: CurveRule;
  readonly problems: number;
  readonly leftOut: number;
}

/**
 * Curve of an evaluation with several samples a problem, at 1, 2, 4 … and all of them. Tokens are prompts, generated ones and, where
 * answers or the rule need it, the PPM's, of all samples that were drawn.
 *
 * @param problems Problems with equally many samples.
 * @throws {RangeError} If there are no problems, or they differ in their number of samples.
 */
export function tokenCurve(
  { label, problems, rule, isScoredAfterwards }: {
    readonly label: string;
    readonly problems: readonly GradedProblem[];
    readonly rule: CurveRule;
    /** As of a {@linkcode ComparedEvaluation}. @default false */
    readonly isScoredAfterwards?: boolean;
  },
  options: ResampleOptions & { readonly level?: number } = {},
): TokenCurve {
  return {
    label,
    rule,
    points: costCurve(costSeries(problems, { rule, isScoredAfterwards }), options),
  };
}

/**
 * Compares a method's own score (the mean of its samples, at their cost) with a baseline that may use as many tokens a problem.
 *
 * @param method Evaluation whose every sample is a full answer of the method, e.g. of a search.
 * @param baseline Evaluation with many samples a problem.
 * @throws {UsageError} As `compareEvaluations`.
 */
export function compareEqualTokens(
  method: ComparedEvaluation,
  baseline: ComparedEvaluation,
  options: Omit<PairOptions, "metric"> & ResampleOptions & { readonly rule: CurveRule },
): EqualTokenComparison {
  const { problems, leftOut } = pairProblems(method, baseline, options);
  const own = problems.map(([problem]) => problem.samples);
  const comparison = compareAtEqualCost(
    {
      scores: own.map((samples) => mean(samples.map(({ correct }) => correct ? 1 : 0))),
      costs: own.map((samples) => mean(samples.map(({ tokens }) => tokens))),
    },
    costSeries(problems.map(([, problem]) => problem), {
      rule: options.rule,
      isScoredAfterwards: baseline.isScoredAfterwards,
    }),
    options,
  );
  return {
    ...comparison,
    labels: [method.label, baseline.label],
    rule: options.rule,
    problems: problems.length,
    leftOut,
  };
}

function costSeries(
  problems: readonly GradedProblem[],
  { rule, isScoredAfterwards = false }: {
    readonly rule: CurveRule;
    readonly isScoredAfterwards?: boolean | undefined;
  },
): CostSeries {
  const isWithoutPpm = isScoredAfterwards && rule !== "best-of";
  const costOf = ({ tokens, ppmTokens }: GradedSample) =>
    isWithoutPpm ? tokens - ppmTokens : tokens;
  const samples = problems[0]?.samples.length ?? 0;
  const odd = problems.find((problem) => problem.samples.length !== samples);
  if (odd !== undefined) {
    throw new RangeError(
      `Cannot draw a curve: expected ${samples} samples of problem "${odd.problemId}", got ${odd.samples.length}`,
    );
  }
  const ks = drawnCounts(samples);
  return {
    ks,
    scores: ks.map((k) => {
      const metric = metricOf(rule, k);
      return problems.map((problem) => metric.score(problem.samples));
    }),
    costs: problems.map((problem) => mean(problem.samples.map(costOf))),
  };
}

/** 1, 2, 4 … and all. */
function drawnCounts(samples: number): readonly number[] {
  const counts: number[] = [];
  for (let k = 1; k < samples; k *= 2) counts.push(k);
  return [...counts, samples];
}

function metricOf(rule: CurveRule, k: number): ProblemMetric {
  switch (rule) {
    case "pass":
      return passMetric(k);
    case "maj":
      return majorityMetric(k);
    case "best-of":
      return bestOfMetric(k);
  }
}
