import Table from "cli-table3";
import { shortNumber } from "../../core/mod.ts";
import {
  type CorrectedComparison,
  type EqualTokenComparison,
  type MetricRow,
  probabilityText,
  type TestedDifference,
} from "../../evaluation/mod.ts";
import type { Figures } from "./figures.ts";

/** Heads and cells of a table, however it is drawn. */
export interface Grid {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const NONE = "–";

/** Level of the tests, as printed. */
const LEVEL = ".05";

/** Share above which a reader should be warned (docs/evaluation.md, "Modes"). */
const TRUNCATED_WARNING = 0.02;
const NO_ANSWER_WARNING = 0.2;

/** The headline figures, one row an evaluation. */
export function headlineGrid(all: readonly Figures[]): Grid {
  return {
    title: "Percent, ± standard error clustered by question, [95 % interval]",
    head: [
      "model",
      "suite",
      "mode",
      "metric",
      "score",
      "n",
      "cut",
      "no answer",
      "failed code",
      "missing",
      "tokens a problem",
      "s a sample",
    ],
    rows: all.map((figures) => {
      const { result, shares } = figures;
      const { summary } = result;
      return [
        figures.label,
        result.isLimited ? `${result.suite} (part)` : result.suite,
        result.mode,
        summary.headline?.metric ?? NONE,
        scoreCell(summary.headline),
        result.isComplete
          ? String(summary.measured)
          : `INCOMPLETE ${summary.measured}/${summary.problems}`,
        percent(shares.truncated),
        percent(shares.noAnswer),
        percent(shares.failedExecution),
        String(summary.counts.missing),
        figures.tokensPerProblem === null ? NONE : shortNumber(figures.tokensPerProblem),
        figures.secondsPerSample === null ? NONE : figures.secondsPerSample.toFixed(2),
      ];
    }),
  };
}

/** Every other figure of the evaluations that have more than one. */
export function metricGrid(all: readonly Figures[]): Grid {
  return {
    title: "Other figures",
    head: ["model", "suite", "mode", "metric", "score", "n"],
    rows: all.flatMap(({ label, result }) => {
      const { metrics, judgeable, headline } = result.summary;
      const row = (name: string, metric: MetricRow) => [
        ...[label, result.suite, result.mode, name],
        scoreCell(metric),
        String(metric.n),
      ];
      return [
        ...metrics.filter((metric) => metric !== headline).map((one) => row(one.metric, one)),
        ...(judgeable === null ? [] : [row(`${judgeable.metric}, without flagged`, judgeable)]),
      ];
    }),
  };
}

/** The headline's metric by level. */
export function levelGrid(all: readonly Figures[]): Grid {
  const measured = all.filter(({ result }) => result.summary.levels.length > 0);
  const levels = [
    ...new Set(measured.flatMap(({ result }) => result.summary.levels.map(({ level }) => level))),
  ].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  return {
    title: "By level: percent (problems)",
    head: [
      "model",
      "suite",
      "mode",
      "metric",
      ...levels.map((level) => `level ${level ?? "none"}`),
    ],
    rows: measured.map(({ label, result }) => [
      ...[label, result.suite, result.mode, result.summary.headline?.metric ?? NONE],
      ...levels.map((level) => {
        const row = result.summary.levels.find((one) => one.level === level)?.row;
        return row === undefined ? NONE : `${percent(row.value)} (${row.n})`;
      }),
    ]),
  };
}

/** Table of how far the measured problems overlap with those that were searched for training. */
export function overlapGrid(all: readonly Figures[]): Grid {
  return {
    title:
      "Measured problems among those searched for training in the run's rounds so far; an export leaves problems of suites that ship out",
    head: [
      "model",
      "suite",
      "mode",
      "training problems",
      "equal",
      "13 words",
      "share",
      "score without",
    ],
    rows: all.flatMap(({ label, result, overlap }) => {
      if (overlap === null || overlap.training === 0) return [];
      const hits = overlap.equal.length + overlap.similar.length;
      return [[
        ...[label, result.suite, result.mode, String(overlap.training)],
        ...[String(overlap.equal.length), String(overlap.similar.length)],
        percent(overlap.measured === 0 ? null : hits / overlap.measured),
        scoreCell(overlap.without),
      ]];
    }),
  };
}

/** Each evaluation against the one before. */
export function comparisonGrid(comparisons: readonly CorrectedComparison[]): Grid {
  return {
    title:
      `Paired comparisons. The interval is that of the test behind p: it excludes 0 where p < ${LEVEL}. ` +
      `"First is" goes by p corrected over this table (Holm), and "no difference shown" is not "equal"`,
    head: [
      "suite",
      "first",
      "second",
      "metric",
      "difference",
      "won",
      "lost",
      "p",
      "corrected",
      "first is",
      "detectable",
    ],
    rows: comparisons.map((one) => [
      one.suite,
      one.labels[0],
      one.labels[1],
      one.metric,
      differenceCell(one),
      String(one.won.length),
      String(one.lost.length),
      probabilityText(one.p),
      probabilityText(one.correctedP),
      one.correctedVerdict,
      percent(one.minimumDetectable),
    ]),
  };
}

/** A method against a baseline that may spend as many tokens. */
export function equalTokenGrid(
  comparisons: readonly (EqualTokenComparison & { readonly suite: string })[],
): Grid {
  return {
    title: "At equal tokens a problem, prompts and the PPM's included",
    head: [
      "suite",
      "method",
      "baseline",
      "tokens",
      "method by",
      "method scores",
      "baseline by",
      "baseline scores",
      "with samples",
      "difference",
      "p",
    ],
    rows: comparisons.map((one) => [
      one.suite,
      one.labels[0],
      one.labels[1],
      shortNumber(one.cost),
      one.metric,
      percent(one.score),
      one.rule,
      one.baselineScore === null ? "beyond its samples" : percent(one.baselineScore),
      one.baselineSamples.toFixed(1),
      one.difference === null ? NONE : differenceCell(one.difference),
      one.difference === null ? NONE : probabilityText(one.difference.p),
    ]),
  };
}

/** Warnings that a reader should know before believing the figures. */
export function warnings(all: readonly Figures[]): readonly string[] {
  return all.flatMap(({ label, result, shares, overlap }) => {
    const hits = overlap === null ? 0 : overlap.equal.length + overlap.similar.length;
    const of = `${label}, ${result.suite}, ${result.mode}`;
    const { counts, problems, questions } = result.summary;
    return [
      ...(result.isComplete ? [] : [
        `INCOMPLETE: ${of}: ${counts.missing} samples are missing; the same command makes them`,
      ]),
      ...((shares.truncated ?? 0) > TRUNCATED_WARNING
        ? [
          `${of}: ${
            percent(shares.truncated)
          } % of the samples were cut off; --max-tokens is too small`,
        ]
        : []),
      ...((shares.noAnswer ?? 0) > NO_ANSWER_WARNING
        ? [
          `${of}: ${
            percent(shares.noAnswer)
          } % of the samples have no answer; does the model know the format?`,
        ]
        : []),
      ...(counts.graderTimeout === 0 ? [] : [
        `${of}: the grader ran out of time on ${counts.graderTimeout} answers, which count as wrong`,
      ]),
      ...(counts.loose === 0
        ? []
        : [`${of}: ${counts.loose} answers were taken from text that does not follow the format`]),
      ...(result.summary.areVotesGrouped ? [] : [
        `${of}: votes tell equal answers by their normal form alone, as an earlier version judged them or the grader failed; eval regrade tells them by the grader`,
      ]),
      ...(hits === 0 ? [] : [
        `${of}: ${hits} of the measured problems were searched for training; the score without them stands in the tables`,
      ]),
      ...(questions === problems ? [] : [
        `${of}: ${problems} problems are ${questions} different questions; errors are clustered by question`,
      ]),
    ];
  });
}

/** Every table that has something to show. */
export function allGrids(
  all: readonly Figures[],
  comparisons: readonly CorrectedComparison[],
): readonly Grid[] {
  const grids = [headlineGrid(all), metricGrid(all), levelGrid(all), overlapGrid(all)];
  return [...grids, comparisonGrid(comparisons)]
    .filter(({ rows }) => rows.length > 0);
}

/** Draws a table for a terminal. */
export function drawGrid({ title, head, rows }: Grid): string {
  const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
  for (const row of rows) table.push([...row]);
  return `${title}\n${table.toString()}`;
}

/** Draws a table as Markdown. */
export function markdownGrid({ title, head, rows }: Grid): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |`;
  return [title, "", line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function scoreCell(row: MetricRow | null): string {
  if (row === null) return NONE;
  const { value, standardError, interval } = row;
  const error = standardError === null ? "" : ` ± ${percent(standardError)}`;
  return `${percent(value)}${error} [${percent(interval.low)}, ${percent(interval.high)}]`;
}

/** A fraction in percent, without the sign of it. */
export function percent(value: number | null): string {
  return value === null ? NONE : (100 * value).toFixed(1);
}

/** A difference of fractions in points, with its sign. */
export function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
}

/** A difference with its interval, in points. */
export function differenceCell(
  { difference, interval: { low, high } }: TestedDifference,
): string {
  return `${signed(difference)} [${signed(low)}, ${signed(high)}]`;
}
