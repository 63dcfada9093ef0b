/** Summary of an evaluation: pure functions of stored samples and their verdicts. */
import type { EvaluationModeName, PpmCalibration, Problem } from "../core/mod.ts";
import type { JudgedSample } from "../store/evaluation_store.ts";
import { scoreOf } from "./compare.ts";
import {
  areVotesGrouped,
  averageMetric,
  bestOfMetric,
  type GradedProblem,
  gradeProblems,
  majorityMetric,
  passMetric,
  type ProblemMetric,
} from "./compare_problems.ts";
import { countSamples, type SampleCounts } from "./count_samples.ts";
import { headlineMetric, isChoice } from "./headline.ts";
import type { Interval } from "./statistics/mod.ts";
import { weightedVoteMetric } from "./weighted_vote.ts";

/** A figure of an evaluation: a mean of one value a problem. */
export interface MetricRow {
  /** `pass@1`, `avg@8`, `pass@8`, `maj@8`, `best-of-8`, `weighted-vote@8`. */
  readonly metric: string;
  /** Samples of a problem that it looks at. */
  readonly k: number;
  /** Fraction between 0 and 1. */
  readonly value: number;
  /** Clustered by question; `null` for a single question. */
  readonly standardError: number | null;
  readonly interval: Interval;
  /** Problems. */
  readonly n: number;
}

/** Options of {@linkcode summarise}. */
export interface SummaryOptions {
  readonly mode: EvaluationModeName;
  /** Problems that were to be measured. */
  readonly problems: readonly Problem[];
  /** Samples of each. */
  readonly samples: number;
  /** Grader whose verdicts count. */
  readonly grader: string;
  /** Scale of the PPM, for votes by weight; `null` without one. */
  readonly calibration: PpmCalibration | null;
}

/** Results of an evaluation. */
export interface EvaluationSummary {
  /** Problems that were to be measured. */
  readonly problems: number;
  /** Of these, different questions. */
  readonly questions: number;
  /** Problems with all of their samples: what every figure is taken over. */
  readonly measured: number;
  /** Samples of each problem. */
  readonly samples: number;
  /** The figure that stands for the mode; `null` when nothing is measured. */
  readonly headline: MetricRow | null;
  readonly metrics: readonly MetricRow[];
  /** The headline's metric by level, ascending, problems without a level last. */
  readonly levels: readonly { readonly level: number | null; readonly row: MetricRow }[];
  /** The headline without problems that their set or loading flags (figures, proofs, unclear references); `null` without any. */
  readonly judgeable: MetricRow | null;
  readonly counts: SampleCounts;
  /** Whether votes are grouped by the grader itself; otherwise by normal form alone ({@linkcode areVotesGrouped}). */
  readonly areVotesGrouped: boolean;
}

/**
 * Summarises samples.
 *
 * @param samples Samples of one evaluation; those of other problems and of higher indices are passed over.
 */
export function summarise(
  samples: readonly JudgedSample[],
  options: SummaryOptions,
): EvaluationSummary {
  const { problems, grader, samples: k } = options;
  const byId = new Map(problems.map((problem) => [problem.id, problem]));
  const wanted = samples.filter(({ problemId, sample }) => byId.has(problemId) && sample < k);
  const judged = wanted.filter((sample) => isJudged(sample, grader));
  const whole = gradeProblems(judged, grader).filter((problem) => problem.samples.length === k);
  const clusterOf = (problem: GradedProblem) => questionKey(byId.get(problem.problemId));
  const metrics = metricsOf(options);
  const rows = measure(whole, metrics, clusterOf);
  const { name } = headlineMetric(options.mode, k);
  const headline = rows.find(({ metric }) => metric === name) ?? null;
  const only = (keep: (problem: Problem) => boolean) => {
    const kept = whole.filter(({ problemId }) => keep(byId.get(problemId) as Problem));
    return measure(kept, metrics.filter((metric) => metric.name === name), clusterOf)[0] ?? null;
  };
  return {
    problems: problems.length,
    questions: new Set(problems.map(questionKey)).size,
    measured: whole.length,
    samples: k,
    headline,
    metrics: rows,
    levels: levelsOf(whole, byId).flatMap((level) => {
      const row = only((problem) => problem.level === level);
      return row === null ? [] : [{ level, row }];
    }),
    judgeable: problems.some(isFlagged) ? only((problem) => !isFlagged(problem)) : null,
    counts: countSamples(wanted, { grader, wanted: problems.length * k }),
    areVotesGrouped: areVotesGrouped(judged, grader),
  };
}

/** Whether a sample counts: the machinery made it and the grader has seen it. */
function isJudged({ outcome, verdicts }: JudgedSample, grader: string): boolean {
  return outcome !== "infrastructure" && verdicts.some((verdict) => verdict.grader === grader);
}

function isFlagged({ meta }: Problem): boolean {
  return meta.ungradable !== undefined;
}

/** Copies of one question depend on each other, whatever their ids. */
function questionKey(problem: Problem | undefined): string {
  return (problem?.question ?? "").toLowerCase().replace(/[\s\p{P}]+/gu, " ").trim();
}

function measure(
  problems: readonly GradedProblem[],
  metrics: readonly ProblemMetric[],
  clusterOf: (problem: GradedProblem) => string,
): readonly MetricRow[] {
  if (problems.length === 0) return [];
  const clusters = problems.map(clusterOf);
  return metrics.map(({ name, k, score }) => {
    const values = Float64Array.from(problems, ({ samples }) => score(samples));
    return { metric: name, k, ...scoreOf(values, clusters), n: problems.length };
  });
}

function metricsOf({ mode, samples, calibration }: SummaryOptions): readonly ProblemMetric[] {
  if (samples === 1) return [averageMetric(1)];
  const counts = drawnCounts(samples);
  const isScored = isChoice(mode);
  return [
    averageMetric(samples),
    ...counts.map(passMetric),
    ...counts.map(majorityMetric),
    ...(isScored ? counts.map(bestOfMetric) : []),
    ...(isScored && calibration !== null
      ? [
        weightedVoteMetric(samples, calibration),
      ]
      : []),
  ];
}

/** 2, 4, 8 … and all. */
function drawnCounts(samples: number): readonly number[] {
  const counts: number[] = [];
  for (let k = 2; k < samples; k *= 2) counts.push(k);
  return [...counts, samples];
}

function levelsOf(
  problems: readonly GradedProblem[],
  byId: ReadonlyMap<string, Problem>,
): readonly (number | null)[] {
  const levels = new Set(problems.map(({ problemId }) => byId.get(problemId)?.level ?? null));
  if (levels.size < 2) return [];
  return [...levels].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
}
