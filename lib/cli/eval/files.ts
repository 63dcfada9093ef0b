import type { CorrectedComparison, MetricRow } from "../../evaluation/mod.ts";
import { markdownTable } from "../../report/bare/mod.ts";
import type { Figures } from "./figures.ts";
import { allTables } from "./table.ts";
import { warnings } from "./warnings.ts";

const COLUMNS = [
  "eval_id",
  "model",
  "round",
  "suite",
  "mode",
  "metric",
  "level",
  "value",
  "standard_error",
  "low",
  "high",
  "n",
  "k",
  "complete",
  "limited",
] as const;

/** Every figure as comma-separated values, one row a figure; fractions, empty where nothing was measured. */
export function figuresCsv(all: readonly Figures[]): string {
  const rows = all.flatMap(({ label, round, result }) => {
    const row = (metric: MetricRow, level: number | string | null) => [
      ...[result.evalId, label, round, result.suite, result.mode, metric.metric, level],
      ...[metric.value, metric.standardError, metric.interval.low, metric.interval.high],
      ...[metric.n, metric.k, result.isComplete, result.isLimited],
    ];
    const { metrics, levels, judgeable } = result.summary;
    return [
      ...metrics.map((metric) => row(metric, null)),
      ...levels.map(({ level, row: metric }) => row(metric, level ?? "none")),
      ...(judgeable === null ? [] : [row(judgeable, "without flagged")]),
    ];
  });
  return [COLUMNS, ...rows].map((cells) => cells.map(csvCell).join(",")).join("\n") + "\n";
}

/** A cell that a spreadsheet takes for text and never for a formula. */
function csvCell(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** The tables as Markdown. */
export function figuresMarkdown(
  all: readonly Figures[],
  comparisons: readonly CorrectedComparison[],
): string {
  const notes = warnings(all).map((text) => `- ${text}`);
  return [
    "# Evaluation",
    ...allTables(all, comparisons).map(markdownTable),
    ...(notes.length === 0 ? [] : [notes.join("\n")]),
  ].join("\n\n") + "\n";
}
