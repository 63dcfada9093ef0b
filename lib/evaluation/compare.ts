/** Which of two evaluations is better, on the same problems, and how sure that is (evaluation.md 3.2). */
import { type ComparedEvaluation, type PairOptions, pairProblems } from "./compare_pairs.ts";
import { averageMetric, type GradedProblem } from "./compare_problems.ts";
import {
  type BootstrapDifference,
  clusteredStandardError,
  DEFAULT_LEVEL,
  effectiveTrials,
  holm,
  type Interval,
  intervalReach,
  mcnemarExact,
  mean,
  minimumDetectableDifference,
  pairedBootstrap,
  type ResampleOptions,
  standardDeviation,
  symmetricInterval,
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

/** Test that the p-value comes from. */
export type ComparisonTest = "mcnemar-exact" | "paired-bootstrap";

/** The first evaluation against the second. */
export interface EvaluationComparison {
  readonly labels: readonly [string, string];
  readonly metric: string;
  readonly problems: number;
  /** Problems left out because only one side has them, or has them whole. */
  readonly leftOut: number;
  readonly first: Score;
  readonly second: Score;
  /** First less second. */
  readonly bootstrap: BootstrapDifference;
  /** Standard error of the difference, clustered by problem; `null` for a single problem. */
  readonly differenceError: number | null;
  /** 95 % interval from the standard error: Student's t below 100 problems, normal from there on; `null` for a single problem. */
  readonly differenceInterval: Interval | null;
  /** `null` where a problem has more than one sample. */
  readonly mcnemar:
    | { readonly onlyFirst: number; readonly onlySecond: number; readonly p: number }
    | null;
  /** Exact McNemar with one sample a problem, paired bootstrap elsewhere. */
  readonly test: ComparisonTest;
  readonly p: number;
  readonly verdict: ComparisonVerdict;
  /** Problems on which the first scores higher, and lower, largest difference first. */
  readonly won: readonly ProblemDifference[];
  readonly lost: readonly ProblemDifference[];
  /** Share of problems with equal scores. */
  readonly unchanged: number;
  /** Smallest true difference that this many problems show four times in five; `null` for a single problem. */
  readonly minimumDetectable: number | null;
}

/** A problem on which two evaluations differ. */
export interface ProblemDifference {
  readonly problemId: string;
  readonly first: number;
  readonly second: number;
}

/**
 * Compares two evaluations of the same problems. Equal questions under two ids are two problems, unless `clusterOf` joins them, as
 * summaries of single evaluations do: McNemar's exact test knows no clusters.
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
  const metric = options.metric ?? averageMetric(pairs.samples);
  return compareScores(
    pairs.problems.map(([ours, theirs]) => ({
      problemId: ours.problemId,
      first: metric.score(ours.samples),
      second: metric.score(theirs.samples),
    })),
    {
      ...options,
      labels: [first.label, second.label],
      metric: metric.name,
      leftOut: pairs.leftOut,
      isSingle: isSingle(pairs.problems),
    },
  );
}

/** Options of {@linkcode compareScores}. */
export interface CompareScoresOptions
  extends ResampleOptions, Pick<CompareOptions, "clusterOf" | "alpha"> {
  readonly labels: readonly [string, string];
  readonly metric: string;
  readonly leftOut: number;
  /** Whether each problem has one sample a side, so that scores are 0 or 1 and McNemar's test applies. */
  readonly isSingle: boolean;
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
  const { clusterOf, alpha } = options;
  const clusters = clusterOf && problems.map(({ problemId }) => clusterOf(problemId));
  const bootstrap = pairedBootstrap(first, second, {
    ...options,
    ...(clusters !== undefined && { clusters }),
  });
  const differences = first.map((score, i) => score - (second[i] as number));
  const mcnemar = options.isSingle ? countChanges(differences) : null;
  const p = mcnemar?.p ?? bootstrap.p;
  const isOne = problems.length === 1;
  return {
    labels: options.labels,
    metric: options.metric,
    problems: problems.length,
    leftOut: options.leftOut,
    first: scoreOf(first, clusters),
    second: scoreOf(second, clusters),
    bootstrap,
    ...differenceError(differences, clusters),
    mcnemar,
    test: mcnemar === null ? "paired-bootstrap" : "mcnemar-exact",
    p,
    verdict: comparisonVerdict(bootstrap.difference, p, alpha),
    won: problems.filter((change) => change.first > change.second).sort(byDifference),
    lost: problems.filter((change) => change.first < change.second).sort(byDifference),
    unchanged: problems.filter((change) => change.first === change.second).length / problems.length,
    minimumDetectable: isOne ? null : minimumDetectableDifference({
      problems: problems.length,
      deviation: standardDeviation(differences),
      ...(alpha !== undefined && { alpha }),
    }),
  };
}

function differenceError(
  differences: ArrayLike<number>,
  clusters: ArrayLike<string> | undefined,
): Pick<EvaluationComparison, "differenceError" | "differenceInterval"> {
  const units = clusters === undefined ? differences.length : new Set(Array.from(clusters)).size;
  if (units < 2) return { differenceError: null, differenceInterval: null };
  const error = clusteredStandardError(differences, clusters);
  const reach = intervalReach(DEFAULT_LEVEL, units);
  return {
    differenceError: error,
    differenceInterval: symmetricInterval(mean(differences), error, reach),
  };
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
  const standardError = units < 2 ? null : clusteredStandardError(values, clusters);
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
  { alpha = 0.05 }: { readonly alpha?: number } = {},
): readonly CorrectedComparison[] {
  const corrected = holm(comparisons.map(({ comparison }) => comparison.p));
  return comparisons.map(({ suite, comparison }, i) => {
    const correctedP = corrected[i] as number;
    return {
      ...comparison,
      suite,
      correctedP,
      correctedVerdict: comparisonVerdict(comparison.bootstrap.difference, correctedP, alpha),
    };
  });
}

/** What a difference and its p-value say of the first evaluation. */
export function comparisonVerdict(difference: number, p: number, alpha = 0.05): ComparisonVerdict {
  if (p >= alpha || difference === 0) return "no difference shown";
  return difference > 0 ? "better" : "worse";
}

function isSingle(pairs: readonly (readonly [GradedProblem, GradedProblem])[]): boolean {
  return pairs.every(([a, b]) => a.samples.length === 1 && b.samples.length === 1);
}

function countChanges(differences: Float64Array) {
  const counts = {
    onlyFirst: differences.filter((d) => d > 0).length,
    onlySecond: differences.filter((d) => d < 0).length,
  };
  return { ...counts, p: mcnemarExact(counts) };
}

function byDifference(a: ProblemDifference, b: ProblemDifference): number {
  return Math.abs(b.first - b.second) - Math.abs(a.first - a.second);
}
