/** Which of two evaluations is better, on the same problems, and how sure that is (docs/evaluation.md, "Two scores"). */
import { type ComparedEvaluation, type PairOptions, pairProblems } from "./compare_pairs.ts";
import type { ProblemMetric } from "./compare_problems.ts";
import { headlineMetric } from "./headline.ts";
import {
  clusteredStandardError,
  effectiveTrials,
  holm,
  type Interval,
  mean,
  minimumDetectableDifference,
  type PairedDifference,
  pairedDifference,
  type ResampleOptions,
  wilsonInterval,
} from "./statistics/mod.ts";

/** Options of a comparison. */
export interface CompareOptions extends PairOptions, ResampleOptions {
  /** Cluster of a problem (duplicates, parts of one context). @default every problem is one */
  readonly clusterOf?: (problemId: string) => string;
  /** Level of the two-sided test. @default 0.05 */
  readonly alpha?: number;
}

/** A mean score over problems. */
export interface Score {
  readonly value: number;
  /** Clustered by problem; `null` for a single problem. */
  readonly standardError: number | null;
  /** Wilson's, with the trials that the standard error is worth. */
  readonly interval: Interval;
}

/** How a comparison ended. The last one never means that both are equal. */
export const COMPARISON_VERDICTS = ["better", "worse", "no difference shown"] as const;

/** How a comparison ended for the first evaluation. */
export type ComparisonVerdict = typeof COMPARISON_VERDICTS[number];

/** The first evaluation against the second; the difference is that of the first less the second. */
export interface EvaluationComparison extends PairedDifference {
  readonly labels: readonly [string, string];
  /** Name of the metric by which both are judged; where they differ, both names: `best-of-8 against pass@1`. */
  readonly metric: string;
  readonly problems: number;
  /** Problems left out because only one side has them, or has them whole. */
  readonly leftOut: number;
  readonly first: Score;
  readonly second: Score;
  /** Standard error of the difference, clustered by problem; `null` for a single problem. */
  readonly differenceError: number | null;
  readonly verdict: ComparisonVerdict;
  /** Problems on which the first scores higher, and lower, largest difference first. */
  readonly won: readonly ProblemDifference[];
  readonly lost: readonly ProblemDifference[];
  /** Share of problems with equal scores. */
  readonly unchanged: number;
  /**
   * Smallest true difference that would be shown four times in five, with this many problems that differ as these do; `null` where none
   * differs, and for a single problem. An evaluation by itself has none: it depends on what it is compared with.
   */
  readonly minimumDetectable: number | null;
}

/** A problem on which two evaluations differ. */
export interface ProblemDifference {
  readonly problemId: string;
  readonly first: number;
  readonly second: number;
}

/**
 * Compares two evaluations of the same problems by what their modes are judged by. Equal questions under two ids are two problems,
 * unless `clusterOf` joins them, as summaries of single evaluations do: McNemar's exact test knows no clusters.
 *
 * @throws {UsageError} If a problem or a sample is missing on one side and `commonOnly` is off, if no problem is left, or if a sample
 * has no verdict of the grader.
 */
export function compareEvaluations(
  first: ComparedEvaluation,
  second: ComparedEvaluation,
  options: CompareOptions,
): EvaluationComparison {
  const pairs = pairProblems(first, second, options);
  const metrics = [first, second].map(({ mode }, side) =>
    options.metric ?? headlineMetric(mode, pairs.samples[side as 0 | 1])
  );
  const [ours, theirs] = metrics as [ProblemMetric, ProblemMetric];
  return compareScores(
    pairs.problems.map(([one, other]) => ({
      problemId: one.problemId,
      first: ours.score(one.samples),
      second: theirs.score(other.samples),
    })),
    {
      ...options,
      labels: [first.label, second.label],
      metric: ours.name === theirs.name ? ours.name : `${ours.name} against ${theirs.name}`,
      leftOut: pairs.leftOut,
    },
  );
}

/** Options of {@linkcode compareScores}. */
export interface CompareScoresOptions
  extends ResampleOptions, Pick<CompareOptions, "clusterOf" | "alpha"> {
  readonly labels: readonly [string, string];
  readonly metric: string;
  readonly leftOut: number;
}

/**
 * Compares scores that are paired already.
 *
 * @param problems One element a problem, each problem once.
 * @throws {RangeError} If there are no problems.
 */
export function compareScores(
  problems: readonly ProblemDifference[],
  options: CompareScoresOptions,
): EvaluationComparison {
  const first = Float64Array.from(problems, (problem) => problem.first);
  const second = Float64Array.from(problems, (problem) => problem.second);
  const { clusterOf, alpha = DEFAULT_ALPHA } = options;
  const clusters = clusterOf && problems.map(({ problemId }) => clusterOf(problemId));
  const difference = pairedDifference(first, second, {
    ...options,
    level: 1 - alpha,
    ...(clusters !== undefined && { clusters }),
  });
  const differences = first.map((score, i) => score - (second[i] as number));
  const error = standardErrorOf(differences, clusters);
  return {
    ...difference,
    labels: options.labels,
    metric: options.metric,
    problems: problems.length,
    leftOut: options.leftOut,
    first: scoreOf(first, clusters),
    second: scoreOf(second, clusters),
    differenceError: error,
    verdict: comparisonVerdict(difference.difference, difference.p, alpha),
    won: problems.filter((change) => change.first > change.second).sort(byDifference),
    lost: problems.filter((change) => change.first < change.second).sort(byDifference),
    unchanged: problems.filter((change) => change.first === change.second).length / problems.length,
    minimumDetectable: error === null || error === 0 ? null : minimumDetectableDifference({
      problems: problems.length,
      deviation: error * Math.sqrt(problems.length),
      alpha,
    }),
  };
}

/** Level of tests where nothing else is asked for. */
const DEFAULT_ALPHA = 0.05;

/** Clustered by problem or by what joins them; `null` where there is one alone. */
function standardErrorOf(
  values: ArrayLike<number>,
  clusters: ArrayLike<string | number> | undefined,
): number | null {
  const units = clusters === undefined ? values.length : new Set(Array.from(clusters)).size;
  return units < 2 ? null : clusteredStandardError(values, clusters);
}

/**
 * A mean over problems with its standard error and interval.
 *
 * @param values Score of each problem.
 * @param clusters Cluster of each problem. @default every problem is one
 * @throws {RangeError} If there are no problems.
 */
export function scoreOf(
  values: ArrayLike<number>,
  clusters?: ArrayLike<string | number>,
): Score {
  const value = mean(values);
  const units = clusters === undefined ? values.length : new Set(Array.from(clusters)).size;
  const standardError = standardErrorOf(values, clusters);
  const trials = standardError === null ? 1 : effectiveTrials(value, standardError, units);
  return {
    value,
    standardError,
    interval: wilsonInterval({ successes: value * trials, trials }),
  };
}

/** A comparison with its p-value corrected for the others of its family. */
export interface CorrectedComparison extends EvaluationComparison {
  readonly suite: string;
  /** Holm's correction over the family. */
  readonly correctedP: number;
  /** By the corrected p-value. */
  readonly correctedVerdict: ComparisonVerdict;
}

/** Corrects the comparisons of one report over its suites (Holm). */
export function correctComparisons(
  comparisons: readonly { readonly suite: string; readonly comparison: EvaluationComparison }[],
  { alpha = DEFAULT_ALPHA }: { readonly alpha?: number } = {},
): readonly CorrectedComparison[] {
  const corrected = holm(comparisons.map(({ comparison }) => comparison.p));
  return comparisons.map(({ suite, comparison }, i) => {
    const correctedP = corrected[i] as number;
    return {
      ...comparison,
      suite,
      correctedP,
      correctedVerdict: comparisonVerdict(comparison.difference, correctedP, alpha),
    };
  });
}

/** Verdict on the first evaluation, from a difference and its p-value. */
export function comparisonVerdict(
  difference: number,
  p: number,
  alpha = DEFAULT_ALPHA,
): ComparisonVerdict {
  if (p >= alpha || difference === 0) return "no difference shown";
  return difference > 0 ? "better" : "worse";
}

function byDifference(a: ProblemDifference, b: ProblemDifference): number {
  return Math.abs(b.first - b.second) - Math.abs(a.first - a.second);
}
