import type {
  CorrectedComparison,
  EqualTokenComparison,
  MetricRow,
  TestedDifference,
} from "../../evaluation/mod.ts";
import type { Cell, Column, ResultTable } from "../../report/bare/mod.ts";
import type { Figures } from "./figures.ts";

/** Level of the tests, as printed. */
const LEVEL = ".05";

/** Columns that name an evaluation. */
const NAMES: readonly Column[] = [
  { key: "model", label: "model", format: "text" },
  { key: "suite", label: "suite", format: "text" },
  { key: "mode", label: "mode", format: "text" },
];

/** Column of a score with its error and interval. */
const SCORE: Column = {
  key: "score",
  label: "score",
  format: "percent",
  error: "error",
  interval: ["low", "high"],
};

/** Column of a difference, in points, with the interval of its test. */
export const DIFFERENCE: Column = {
  key: "difference",
  label: "difference",
  format: "points",
  interval: ["differenceLow", "differenceHigh"],
};

/** The headline figures, one row an evaluation. */
export function headlineTable(all: readonly Figures[]): ResultTable {
  return {
    title: "Scores ± standard error clustered by question (95 % interval)",
    columns: [
      ...NAMES,
      { key: "metric", label: "metric", format: "text" },
      SCORE,
      { key: "n", label: "n", format: "integer" },
      { key: "cut", label: "cut", format: "percent" },
      { key: "noAnswer", label: "no answer", format: "percent" },
      { key: "failedCode", label: "failed code", format: "percent" },
      { key: "missing", label: "missing", format: "integer" },
      { key: "tokens", label: "tokens a problem", format: "short" },
      { key: "seconds", label: "s a sample", format: "number" },
    ],
    rows: all.map(({ label, result, shares, tokensPerProblem, secondsPerSample }) => ({
      model: label,
      suite: result.isLimited ? `${result.suite} (part)` : result.suite,
      mode: result.mode,
      metric: result.summary.headline?.metric ?? null,
      ...scoreCells(result.summary.headline),
      n: result.isComplete
        ? result.summary.measured
        : `INCOMPLETE ${result.summary.measured}/${result.summary.problems}`,
      cut: shares.truncated,
      noAnswer: shares.noAnswer,
      failedCode: shares.failedExecution,
      missing: result.summary.counts.missing,
      tokens: tokensPerProblem,
      seconds: secondsPerSample,
    })),
  };
}

/** Every other figure of the evaluations that have more than one. */
export function metricTable(all: readonly Figures[]): ResultTable {
  return {
    title: "Other figures",
    columns: [
      ...NAMES,
      { key: "metric", label: "metric", format: "text" },
      SCORE,
      { key: "n", label: "n", format: "integer" },
    ],
    rows: all.flatMap(({ label, result }) => {
      const { metrics, judgeable, headline } = result.summary;
      const row = (name: string, metric: MetricRow) => ({
        model: label,
        suite: result.suite,
        mode: result.mode,
        metric: name,
        ...scoreCells(metric),
        n: metric.n,
      });
      return [
        ...metrics.filter((metric) => metric !== headline).map((one) => row(one.metric, one)),
        ...(judgeable === null ? [] : [row(`${judgeable.metric}, without flagged`, judgeable)]),
      ];
    }),
  };
}

/** The headline's metric by level. */
export function levelTable(all: readonly Figures[]): ResultTable {
  const measured = all.filter(({ result }) => result.summary.levels.length > 0);
  const levels = [
    ...new Set(measured.flatMap(({ result }) => result.summary.levels.map(({ level }) => level))),
  ].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  const name = (level: number | null) => `level ${level ?? "none"}`;
  return {
    title: "By level (problems)",
    columns: [
      ...NAMES,
      { key: "metric", label: "metric", format: "text" },
      ...levels.map((level): Column => ({
        key: name(level),
        label: name(level),
        format: "percent",
        count: `${name(level)} n`,
      })),
    ],
    rows: measured.map(({ label, result }) => ({
      model: label,
      suite: result.suite,
      mode: result.mode,
      metric: result.summary.headline?.metric ?? null,
      ...Object.fromEntries(
        result.summary.levels.flatMap(({ level, row }) => [
          [name(level), row.value],
          [`${name(level)} n`, row.n],
        ]),
      ),
    })),
  };
}

/** Table of how far the measured problems overlap with those that were searched for training. */
export function overlapTable(all: readonly Figures[]): ResultTable {
  return {
    title:
      "Measured problems among those searched for training in the run's rounds so far; an export leaves problems of suites that ship out",
    columns: [
      ...NAMES,
      { key: "training", label: "training problems", format: "integer" },
      { key: "equal", label: "equal", format: "integer" },
      { key: "similar", label: "13 words", format: "integer" },
      { key: "share", label: "share", format: "percent" },
      { ...SCORE, label: "score without" },
    ],
    rows: all.flatMap(({ label, result, overlap }) => {
      if (overlap === null || overlap.training === 0) return [];
      const { training, measured, equal, similar, without } = overlap;
      const hits = equal.length + similar.length;
      return [{
        model: label,
        suite: result.suite,
        mode: result.mode,
        training,
        equal: equal.length,
        similar: similar.length,
        share: measured === 0 ? null : hits / measured,
        ...scoreCells(without),
      }];
    }),
  };
}

/** Each evaluation against the one before. */
export function comparisonTable(comparisons: readonly CorrectedComparison[]): ResultTable {
  return {
    title:
      `Paired comparisons. The interval is that of the test behind p: it excludes 0 where p < ${LEVEL}. ` +
      `"First is" goes by p corrected over this table (Holm), and "no difference shown" is not "equal"`,
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "first", label: "first", format: "text" },
      { key: "second", label: "second", format: "text" },
      { key: "metric", label: "metric", format: "text" },
      DIFFERENCE,
      { key: "won", label: "won", format: "integer" },
      { key: "lost", label: "lost", format: "integer" },
      { key: "p", label: "p", format: "p" },
      { key: "corrected", label: "corrected", format: "p" },
      { key: "verdict", label: "first is", format: "text" },
      { key: "detectable", label: "detectable", format: "percent" },
    ],
    rows: comparisons.map((one) => ({
      suite: one.suite,
      first: one.labels[0],
      second: one.labels[1],
      metric: one.metric,
      ...differenceCells(one),
      won: one.won.length,
      lost: one.lost.length,
      p: one.p,
      corrected: one.correctedP,
      verdict: one.correctedVerdict,
      detectable: one.minimumDetectable,
    })),
  };
}

/** A method against a baseline that may spend as many tokens. */
export function equalTokenTable(
  comparisons: readonly (EqualTokenComparison & { readonly suite: string })[],
): ResultTable {
  return {
    title: "At equal tokens a problem, prompts and the PPM's included",
    columns: [
      { key: "suite", label: "suite", format: "text" },
      { key: "method", label: "method", format: "text" },
      { key: "baseline", label: "baseline", format: "text" },
      { key: "tokens", label: "tokens", format: "short" },
      { key: "metric", label: "method by", format: "text" },
      { key: "score", label: "method scores", format: "percent" },
      { key: "rule", label: "baseline by", format: "text" },
      { key: "baselineScore", label: "baseline scores", format: "percent" },
      { key: "samples", label: "with samples", format: "number" },
      DIFFERENCE,
      { key: "p", label: "p", format: "p" },
    ],
    rows: comparisons.map((one) => ({
      suite: one.suite,
      method: one.labels[0],
      baseline: one.labels[1],
      tokens: one.cost,
      metric: one.metric,
      score: one.score,
      rule: one.rule,
      baselineScore: one.baselineScore ?? "beyond its samples",
      samples: one.baselineSamples,
      ...differenceCells(one.difference),
      p: one.difference?.p ?? null,
    })),
  };
}

/** Every table that has something to show. */
export function allTables(
  all: readonly Figures[],
  comparisons: readonly CorrectedComparison[],
): readonly ResultTable[] {
  const tables = [headlineTable(all), metricTable(all), levelTable(all), overlapTable(all)];
  return [...tables, comparisonTable(comparisons)].filter(({ rows }) => rows.length > 0);
}

/** Cells of {@linkcode DIFFERENCE}; none where nothing was compared. */
export function differenceCells(one: TestedDifference | null): Readonly<Record<string, Cell>> {
  if (one === null) return {};
  const { difference, interval: { low, high } } = one;
  return { difference, differenceLow: low, differenceHigh: high };
}

function scoreCells(row: MetricRow | null): Readonly<Record<string, Cell>> {
  if (row === null) return {};
  const { value, standardError, interval: { low, high } } = row;
  return { score: value, error: standardError, low, high };
}
