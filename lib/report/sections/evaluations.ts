import { headlineRule, mean, tokenCurve } from "../../evaluation/mod.ts";
import { groupBy } from "../_context.ts";
import type { MeasuredEvaluation } from "../_evaluations.ts";
import { clip } from "../_text.ts";
import {
  type Block,
  type ChartBlock,
  emptySection,
  type Row,
  type Section,
  type Series,
} from "../document.ts";

/** Draws behind the intervals of curves. */
const RESAMPLES = 2000;

const HEAD = { id: "evaluations", title: "Evaluations" };

/** Scores of every evaluation, with intervals, and accuracy against tokens. */
export function evaluationsSection(evaluations: readonly MeasuredEvaluation[]): Section {
  if (evaluations.length === 0) return emptySection({ ...HEAD, lead: "Nothing was evaluated." });
  return {
    ...HEAD,
    lead:
      "The figure of a mode: pass@1 or its mean over k samples; for a choice among k samples by the PPM, the chosen one. Taken over problems " +
      "with all of their samples. Standard errors are clustered by question, intervals are Wilson's, 95 %. Samples that the machinery failed " +
      "are missing, never wrong. An evaluation that is not complete says so in its state. Votes count equal answers together, right or wrong: by " +
      "the grader, or by normal form alone where an earlier version judged.",
    blocks: [
      ...[...groupBy(evaluations, ({ suite }) => suite)].map(([suite, own], i) =>
        scoreChart(suite, own, i)
      ),
      scoreTable(evaluations),
      outcomeTable(evaluations),
      metricTable(evaluations),
      ...overlapTable(evaluations),
      ...costCharts(evaluations),
    ],
  };
}

/** Name of what was measured: its round, or the evaluation's number. */
export function evaluationName({ round, evalId }: MeasuredEvaluation): string {
  return round === null ? `#${evalId}` : round === 0 ? "base" : `round ${round}`;
}

function scoreChart(
  suite: string,
  evaluations: readonly MeasuredEvaluation[],
  index: number,
): ChartBlock {
  return {
    type: "chart",
    id: `scores_chart_${index}`,
    title: `Scores on ${clip(suite, 60)}`,
    kind: "intervals",
    x: { label: "checkpoint", format: "text" },
    y: { label: "score", format: "percent" },
    series: [...groupBy(evaluations, seriesName)].map(([name, own]) => ({
      name,
      points: newestByName(own).flatMap((evaluation) => {
        const { headline } = evaluation.summary;
        if (headline === null) return [];
        const { value, interval } = headline;
        return [{ x: evaluationName(evaluation), y: value, ...interval }];
      }),
    })),
  };
}

/** Figures of different k are different figures, and no line leads from one to the other. */
function seriesName({ mode, summary: { headline } }: MeasuredEvaluation): string {
  return headline === null ? mode : `${mode}, ${headline.metric}`;
}

function scoreTable(evaluations: readonly MeasuredEvaluation[]): Block {
  return {
    type: "table",
    id: "scores",
    title: "Scores",
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "mode", label: "mode", format: "text" },
      { key: "checkpoint", label: "checkpoint", format: "text" },
      { key: "state", label: "state", format: "text" },
      { key: "metric", label: "figure", format: "text" },
      { key: "score", label: "score", format: "percent", interval: ["low", "high"] },
      { key: "error", label: "standard error", format: "percent" },
      { key: "problems", label: "problems", format: "integer" },
      { key: "samples", label: "samples a problem", format: "integer" },
      { key: "tokens", label: "tokens a problem", format: "integer" },
      { key: "seconds", label: "seconds a problem", format: "number" },
      { key: "grader", label: "grader", format: "text" },
      { key: "votes", label: "votes grouped by", format: "text" },
    ],
    rows: evaluations.map((evaluation) => {
      const { summary } = evaluation;
      const { headline, counts } = summary;
      const tokens = counts.promptTokens + counts.generatedTokens + counts.ppmTokens;
      return {
        ...names(evaluation),
        state: evaluation.state,
        metric: headline?.metric ?? null,
        score: headline?.value ?? null,
        low: headline?.interval.low ?? null,
        high: headline?.interval.high ?? null,
        error: headline?.standardError ?? null,
        problems: summary.measured,
        samples: evaluation.samples,
        tokens: summary.problems === 0 ? null : tokens / summary.problems,
        seconds: summary.problems === 0 ? null : counts.sampleSeconds / summary.problems,
        grader: evaluation.grader,
        votes: evaluation.samples < 2 ? null : summary.areVotesGrouped ? "grader" : "normal form",
      };
    }),
  };
}

function outcomeTable(evaluations: readonly MeasuredEvaluation[]): Block {
  return {
    type: "table",
    id: "outcomes",
    title: "How samples ended",
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "mode", label: "mode", format: "text" },
      { key: "checkpoint", label: "checkpoint", format: "text" },
      { key: "right", label: "right", format: "integer" },
      { key: "wrong", label: "wrong", format: "integer" },
      { key: "noAnswer", label: "no answer", format: "integer" },
      { key: "truncated", label: "truncated", format: "integer" },
      { key: "failedExecution", label: "failed to execute", format: "integer" },
      { key: "graderTimeout", label: "grader time-out", format: "integer" },
      { key: "infrastructure", label: "machinery failed", format: "integer" },
      { key: "loose", label: "loose extraction", format: "integer" },
    ],
    rows: evaluations.map((evaluation) => ({
      ...names(evaluation),
      ...evaluation.summary.counts,
    })),
  };
}

function metricTable(evaluations: readonly MeasuredEvaluation[]): Block {
  return {
    type: "table",
    id: "metrics",
    title: "All figures",
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "mode", label: "mode", format: "text" },
      { key: "checkpoint", label: "checkpoint", format: "text" },
      { key: "part", label: "problems", format: "text" },
      { key: "metric", label: "figure", format: "text" },
      { key: "value", label: "value", format: "percent", interval: ["low", "high"] },
      { key: "n", label: "n", format: "integer" },
    ],
    rows: evaluations.flatMap((evaluation) => {
      const { metrics, levels, judgeable } = evaluation.summary;
      const parts = [
        ...metrics.map((row) => ({ part: "all", row })),
        ...levels.map(({ level, row }) => ({ part: `level ${level ?? "none"}`, row })),
        ...(judgeable === null ? [] : [{ part: "without flagged ones", row: judgeable }]),
      ];
      return parts.map(({ part, row }) => ({
        ...names(evaluation),
        part,
        metric: row.metric,
        value: row.value,
        low: row.interval.low,
        high: row.interval.high,
        n: row.n,
      }));
    }),
  };
}

/** Tabulates the overlap of measured problems with those searched for training; no block where nothing is known. */
function overlapTable(evaluations: readonly MeasuredEvaluation[]): readonly Block[] {
  const rows = evaluations.flatMap((evaluation) => {
    const { overlap, withoutOverlap } = evaluation;
    if (overlap === null || overlap.training === 0) return [];
    const hits = overlap.equal.length + overlap.similar.length;
    return [{
      ...names(evaluation),
      training: overlap.training,
      equal: overlap.equal.length,
      similar: overlap.similar.length,
      share: overlap.measured === 0 ? null : hits / overlap.measured,
      without: withoutOverlap?.value ?? null,
      low: withoutOverlap?.interval.low ?? null,
      high: withoutOverlap?.interval.high ?? null,
      ids: clip([...overlap.equal, ...overlap.similar].slice(0, 10).join(", "), 200),
    }];
  });
  if (rows.length === 0) return [];
  return [{
    type: "table",
    id: "overlap",
    title: "Measured problems among those searched for training in the run's rounds so far",
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "mode", label: "mode", format: "text" },
      { key: "checkpoint", label: "checkpoint", format: "text" },
      { key: "training", label: "training problems", format: "integer" },
      { key: "equal", label: "equal", format: "integer" },
      { key: "similar", label: "share 13 words", format: "integer" },
      { key: "share", label: "of the measured", format: "percent" },
      { key: "without", label: "score without", format: "percent", interval: ["low", "high"] },
      { key: "ids", label: "which", format: "text" },
    ],
    rows,
  }];
}

/** Accuracy against tokens, a chart a suite: a point for one sample a problem, a curve by the mode's own rule for more. */
function costCharts(evaluations: readonly MeasuredEvaluation[]): readonly Block[] {
  return [...groupBy(evaluations, ({ suite }) => suite)].flatMap(([suite, own], i) => {
    const series = own.flatMap((evaluation) => costSeries(evaluation));
    if (series.length < 2) return [];
    return [{
      type: "chart" as const,
      id: `tokens_chart_${i}`,
      title: `Accuracy against tokens on ${
        clip(suite, 60)
      }; several samples: majority or best-scored of 1, 2, 4 …`,
      kind: "lines" as const,
      x: { label: "tokens a problem", format: "integer" as const, scale: "log" as const },
      y: { label: "score", format: "percent" as const },
      series,
    }];
  });
}

function costSeries(evaluation: MeasuredEvaluation): readonly Series[] {
  const { graded, mode, samples } = evaluation;
  const name = `${mode}, ${evaluationName(evaluation)}`;
  const tokens = graded.flatMap((problem) => problem.samples.map((sample) => sample.tokens));
  if (tokens.length === 0 || mean(tokens) === 0) return [];
  if (samples === 1) {
    const { headline } = evaluation.summary;
    if (headline === null) return [];
    return [{ name, points: [{ x: mean(tokens), y: headline.value, ...headline.interval }] }];
  }
  const rule = headlineRule(mode);
  const curve = { label: `${name}, ${rule}`, problems: graded, rule, mode };
  const { label, points } = tokenCurve(curve, { resamples: RESAMPLES });
  return [{
    name: label,
    points: points.map(({ cost, score, scoreInterval }) => ({
      x: cost,
      y: score,
      ...scoreInterval,
    })),
  }];
}

function names(evaluation: MeasuredEvaluation) {
  const { suite, mode } = evaluation;
  return {
    suite: clip(suite, 60),
    mode,
    checkpoint: evaluationName(evaluation),
  } satisfies Row;
}

/** The newest evaluation of each checkpoint, in order of rounds. */
export function newestByName(
  evaluations: readonly MeasuredEvaluation[],
): readonly MeasuredEvaluation[] {
  const newest = new Map(evaluations.map((evaluation) => [evaluationName(evaluation), evaluation]));
  return [...newest.values()].sort((a, b) => (a.round ?? Infinity) - (b.round ?? Infinity));
}
