/** Two methods at equal cost: is search better than plain sampling that may spend as many tokens? */
import { type EvaluationModeName, UsageError } from "../core/mod.ts";
import { type ComparedEvaluation, type PairOptions, pairProblems } from "./compare_pairs.ts";
import type { GradedProblem, GradedSample } from "./compare_problems.ts";
import { type CurveRule, headlineMetric, isScoredAfterwards, ruleMetric } from "./headline.ts";
import {
  compareAtEqualCost,
  costCurve,
  type CostSeries,
  type CurvePoint,
  type EqualCostComparison,
  mean,
  type ResampleOptions,
} from "./statistics/mod.ts";

/** Accuracy against tokens of one evaluation. */
export interface TokenCurve {
  readonly label: string;
  readonly rule: CurveRule;
  readonly points: readonly CurvePoint[];
}

/** A method and a baseline at the method's tokens a problem. */
export interface EqualTokenComparison extends EqualCostComparison {
  readonly labels: readonly [string, string];
  /** Metric by which the method is judged. */
  readonly metric: string;
  /** How the baseline makes one answer of its samples. */
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
  { label, problems, rule, mode }: {
    readonly label: string;
    readonly problems: readonly GradedProblem[];
    readonly rule: CurveRule;
    readonly mode: EvaluationModeName;
  },
  options: ResampleOptions & { readonly level?: number } = {},
): TokenCurve {
  return {
    label,
    rule,
    points: costCurve(costSeries(problems, { rule, mode }), options),
  };
}

/**
 * Compares what a method is judged by, at the tokens of all samples that this takes, with a baseline that may use as many tokens a problem.
 *
 * @param method Evaluation whose every sample is a full answer of the method, e.g. of a search.
 * @param baseline Evaluation with many samples a problem.
 * @throws {UsageError} As `compareEvaluations`, and if the rule chooses by scores and the baseline has none.
 */
export function compareEqualTokens(
  method: ComparedEvaluation,
  baseline: ComparedEvaluation,
  options: Omit<PairOptions, "metric"> & ResampleOptions & { readonly rule: CurveRule },
): EqualTokenComparison {
  const { problems, leftOut, samples } = pairProblems(method, baseline, options);
  const { rule } = options;
  const others = problems.map(([, problem]) => problem);
  if (rule === "best-of") checkScored(baseline.label, others);
  const own = problems.map(([problem]) => problem.samples);
  const { name, score, paid } = headlineMetric(method.mode, samples[0]);
  const comparison = compareAtEqualCost(
    {
      scores: own.map(score),
      costs: own.map((all) => paid * mean(all.map(({ tokens }) => tokens))),
    },
    costSeries(others, { rule, mode: baseline.mode }),
    options,
  );
  return {
    ...comparison,
    labels: [method.label, baseline.label],
    metric: name,
    rule,
    problems: problems.length,
    leftOut,
  };
}

/** Without a score every sample is as good as the next, and the best of them would be their mean. */
function checkScored(label: string, problems: readonly GradedProblem[]): void {
  if (problems.some(({ samples }) => samples.some(({ score }) => score !== null))) return;
  throw new UsageError(
    `Cannot choose the best samples of "${label}": no PPM has scored them; measure it in mode bon, or take --rule maj`,
  );
}

function costSeries(
  problems: readonly GradedProblem[],
  { rule, mode }: { readonly rule: CurveRule; readonly mode: EvaluationModeName },
): CostSeries {
  const isWithoutPpm = isScoredAfterwards(mode) && rule !== "best-of";
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
      const metric = ruleMetric(rule, k);
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
