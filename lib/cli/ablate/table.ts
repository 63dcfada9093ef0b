import { shortDuration } from "../../core/mod.ts";
import type { ArmRow, FigureRow } from "../../ablation/mod.ts";
import { type Column, formatCell, type ResultTable } from "../../report/bare/mod.ts";
import { DIFFERENCE, differenceCells } from "../eval/table.ts";
import { terminalTable } from "../terminal/table.ts";
import type { AblateOutcome } from "./run_ablate.ts";

/** The tables for people. */
export function ablateLines(outcome: AblateOutcome): readonly string[] {
  return [
    ...ablateTables(outcome).map(terminalTable),
    `Kept as run "${outcome.run}", from ${outcome.source}; ${
      shortDuration(outcome.seconds)
    }. An ablation explores: p is not corrected`,
    ...(outcome.result.seeds > 1 && outcome.result.seeds < 5
      ? [
        `${outcome.result.seeds} seeds leave ${
          outcome.result.seeds - 1
        } degrees of freedom over seeds`,
      ]
      : []),
    ...(outcome.result.seeds === 1
      ? ["One seed: intervals hold for new problems, not for new trainings"]
      : []),
  ];
}

/** Options of {@linkcode figureTables}. */
export interface FigureTableOptions {
  /** Whether every seed stands behind the mean, if there is more than one. @default false */
  readonly bySeed?: boolean;
}

/** The tables: what the arms score, and what explains it. */
export function ablateTables({ result, suite }: AblateOutcome): readonly ResultTable[] {
  const title =
    `${result.question} On ${suite} (95 % interval); difference to the first arm over seeds and problems, its interval that of the test behind p`;
  return [
    ablateTable(title, result.rows),
    ...figureTables("What explains it (means over seeds)", result.figures),
  ];
}

/** Table of the scores of arms. */
export function ablateTable(title: string, rows: readonly ArmRow[]): ResultTable {
  return {
    title,
    columns: [
      { key: "metric", label: "metric", format: "text" },
      { key: "arm", label: "arm", format: "text" },
      { key: "estimate", label: "estimate", format: "percent", interval: ["low", "high"] },
      { key: "n", label: "n", format: "integer" },
      DIFFERENCE,
      { key: "p", label: "p", format: "p" },
      { key: "seeds", label: "by seed", format: "text" },
    ],
    rows: rows.map(({ metric, arm, estimate, interval, problems, difference, perSeed }) => ({
      metric,
      arm,
      estimate,
      low: interval.low,
      high: interval.high,
      n: problems,
      ...differenceCells(difference),
      p: difference?.p ?? null,
      seeds: difference === null
        ? seedsText(perSeed, "percent")
        : seedsText(difference.perSeed, "points"),
    })),
  };
}

/** Values of every seed in one cell, in percent or points. */
export function seedsText(
  values: readonly (number | null)[],
  format: "percent" | "points",
): string {
  return values.map((value) => formatCell(value, format).replace(" %", "")).join(" ");
}

/** Figures of arms that have some, none where no arm has. */
export function figureTables(
  title: string,
  figures: readonly FigureRow[],
  { bySeed = false }: FigureTableOptions = {},
): readonly ResultTable[] {
  const names = [...new Set(figures.flatMap((row) => Object.keys(row.figures)))];
  if (names.length === 0) return [];
  const seeds = Math.max(
    ...figures.flatMap(({ perSeed }) => Object.values(perSeed).map((values) => values.length)),
    0,
  );
  const seedKey = (name: string, seed: number) => `${name}, seed ${seed}`;
  const everySeed = bySeed && seeds > 1 ? Array.from({ length: seeds }, (_, seed) => seed) : [];
  return [{
    title,
    columns: [
      { key: "arm", label: "arm", format: "text" },
      ...names.map((name): Column => ({
        key: name,
        label: name,
        format: name.startsWith("share") ? "percent" : "short",
        others: everySeed.map((seed) => seedKey(name, seed)),
      })),
    ],
    rows: figures.filter((row) => Object.keys(row.figures).length > 0).map((row) => ({
      arm: row.arm,
      ...row.figures,
      ...Object.fromEntries(
        Object.entries(row.perSeed).flatMap(([name, values]) =>
          values.map((value, seed) => [seedKey(name, seed), value])
        ),
      ),
    })),
  }];
}

/** One object for programs. Rates are fractions; `null` where nothing was measured. */
export function ablateJson({ run, source, suite, seconds, result }: AblateOutcome): string {
  return JSON.stringify({
    run,
    source,
    suite,
    seconds,
    ablation: result.name,
    seeds: result.seeds,
    arms: result.rows.map((row) => ({
      metric: row.metric,
      arm: row.arm,
      estimate: row.estimate,
      interval: [row.interval.low, row.interval.high],
      problems: row.problems,
      per_seed: row.perSeed,
      difference: row.difference === null ? null : {
        value: row.difference.difference,
        interval: [row.difference.interval.low, row.difference.interval.high],
        p: row.difference.p,
        per_seed: row.difference.perSeed,
      },
    })),
    figures: result.figures.map(({ arm, figures }) => ({ arm, ...figures })),
  });
}
