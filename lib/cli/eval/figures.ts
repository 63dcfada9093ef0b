/** Figures of an evaluation, as plain rows: the one source of table, CSV, Markdown and JSON. */
import type {
  CorrectedComparison,
  EvaluationResult,
  MetricRow,
  SampleCounts,
  TrainingOverlap,
} from "../../evaluation/mod.ts";
import type { MeasuredEntry } from "./run_eval.ts";

/** Everything that is printed of one evaluation. */
export interface Figures {
  readonly label: string;
  readonly round: number | null;
  readonly result: EvaluationResult;
  /** Shares of the samples that were made, `null` before any was. */
  readonly shares: {
    readonly truncated: number | null;
    readonly noAnswer: number | null;
    readonly failedExecution: number | null;
    readonly graderTimeout: number | null;
    readonly loose: number | null;
  };
  /** Policy tokens, prompts included, and PPM tokens a problem; `null` before any was measured. */
  readonly tokensPerProblem: number | null;
  /** `null` where nothing is known of the training. */
  readonly overlap: OverlapFigures | null;
  /** Seconds from the first request of a sample to its end, mean. */
  readonly secondsPerSample: number | null;
}

/** Overlap of the problems of an evaluation with the training problems of the models that it measures. */
export interface OverlapFigures extends TrainingOverlap {
  /** Headline without the problems that overlap; `null` where none does. */
  readonly without: MetricRow | null;
}

/** The figures of an evaluation. */
export function figuresOf(
  { models, result }: MeasuredEntry,
  overlap: OverlapFigures | null = null,
): Figures {
  const { counts, problems } = result.summary;
  const made = madeSamples(counts);
  const share = (count: number) => (made === 0 ? null : count / made);
  const tokens = counts.promptTokens + counts.generatedTokens + counts.ppmTokens;
  return {
    label: models.label,
    round: models.roundNo,
    result,
    shares: {
      truncated: share(counts.truncated),
      noAnswer: share(counts.noAnswer),
      failedExecution: share(counts.failedExecution),
      graderTimeout: share(counts.graderTimeout),
      loose: share(counts.loose),
    },
    overlap,
    tokensPerProblem: made === 0 ? null : tokens / problems,
    secondsPerSample: made === 0 ? null : counts.sampleSeconds / made,
  };
}

function madeSamples(counts: SampleCounts): number {
  const { right, wrong, noAnswer, truncated, failedExecution, graderTimeout } = counts;
  return right + wrong + noAnswer + truncated + failedExecution + graderTimeout;
}

/** One evaluation as JSON. Rates are fractions, `null` where nothing was measured. */
export function figuresJson(figures: Figures) {
  const { label, round, result, shares, overlap } = figures;
  const { summary } = result;
  return {
    eval_id: result.evalId,
    suite: result.suite,
    mode: result.mode,
    model: label,
    round,
    complete: result.isComplete,
    limited: result.isLimited,
    problems: summary.problems,
    questions: summary.questions,
    measured: summary.measured,
    samples: summary.samples,
    grader: result.grader,
    ...metricJson(summary.headline),
    metrics: summary.metrics.map(metricJson),
    levels: summary.levels.map(({ level, row }) => ({ level, ...metricJson(row) })),
    without_flagged: summary.judgeable === null ? null : metricJson(summary.judgeable),
    training_overlap: overlap === null ? null : {
      training_problems: overlap.training,
      equal: overlap.equal,
      similar: overlap.similar,
      without: overlap.without === null ? null : metricJson(overlap.without),
    },
    counts: countsJson(summary.counts),
    truncated_rate: shares.truncated,
    no_answer_rate: shares.noAnswer,
    failed_execution_rate: shares.failedExecution,
    grader_timeout_rate: shares.graderTimeout,
    loose_rate: shares.loose,
    tokens_per_problem: figures.tokensPerProblem,
    seconds_per_sample: figures.secondsPerSample,
    votes_grouped_by: summary.areVotesGrouped ? "grader" : "normal form",
  };
}

function metricJson(row: MetricRow | null) {
  return {
    metric: row?.metric ?? null,
    value: row?.value ?? null,
    standard_error: row?.standardError ?? null,
    interval: row === null ? null : [row.interval.low, row.interval.high],
    n: row?.n ?? 0,
    k: row?.k ?? null,
  };
}

function countsJson(counts: SampleCounts) {
  return {
    right: counts.right,
    wrong: counts.wrong,
    no_answer: counts.noAnswer,
    truncated: counts.truncated,
    failed_execution: counts.failedExecution,
    grader_timeout: counts.graderTimeout,
    missing: counts.missing,
    infrastructure: counts.infrastructure,
    loose: counts.loose,
    prompt_tokens: counts.promptTokens,
    generated_tokens: counts.generatedTokens,
    ppm_tokens: counts.ppmTokens,
  };
}

/** One comparison as JSON. */
export function comparisonJson(comparison: CorrectedComparison) {
  const { suite, labels, metric, problems, leftOut, first, second, interval } = comparison;
  return {
    suite,
    first: labels[0],
    second: labels[1],
    metric,
    problems,
    left_out: leftOut,
    first_value: first.value,
    second_value: second.value,
    difference: comparison.difference,
    interval: [interval.low, interval.high],
    test: comparison.test,
    p: comparison.p,
    corrected_p: comparison.correctedP,
    verdict: comparison.correctedVerdict,
    won: comparison.won.map(({ problemId }) => problemId),
    lost: comparison.lost.map(({ problemId }) => problemId),
    unchanged: comparison.unchanged,
    minimum_detectable: comparison.minimumDetectable,
  };
}
