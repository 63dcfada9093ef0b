import { shortDuration, shortNumber } from "../../core/mod.ts";
import type { ArmRow, FigureRow } from "../../ablation/mod.ts";
import { probabilityText } from "../../evaluation/mod.ts";
import { differenceCell, drawGrid, type Grid, percent, signed } from "../eval/table.ts";
import type { AblateOutcome } from "./run_ablate.ts";

const NONE = "–";

/** The tables for people. */
export function ablateLines(outcome: AblateOutcome): readonly string[] {
  return [
    ...ablateGrids(outcome).map(drawGrid),
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

/** Options of {@linkcode figureGrids}. */
export interface FigureGridOptions {
  /** Whether every seed stands behind the mean, if there is more than one. @default false */
  readonly bySeed?: boolean;
}

/** The tables: what the arms score, and what explains it. */
export function ablateGrids({ result, suite }: AblateOutcome): readonly Grid[] {
  const title =
    `${result.question} Percent on ${suite} [95 % interval]; difference to the first arm over seeds and problems, its interval that of the test behind p`;
  return [
    ablateGrid(title, result.rows),
    ...figureGrids("What explains it (means over seeds)", result.figures),
  ];
}

/** Table of the scores of arms. */
export function ablateGrid(title: string, rows: readonly ArmRow[]): Grid {
  return {
    title,
    head: ["metric", "arm", "estimate", "n", "difference", "p", "by seed"],
    rows: rows.map(armCells),
  };
}

function armCells({ metric, arm, estimate, interval, problems, difference, perSeed }: ArmRow) {
  return [
    ...[metric, arm],
    `${percent(estimate)} [${percent(interval.low)}, ${percent(interval.high)}]`,
    String(problems),
    difference === null ? NONE : differenceCell(difference),
    difference === null ? NONE : probabilityText(difference.p),
    difference === null ? perSeed.map(percent).join(" ") : difference.perSeed.map(signed).join(" "),
  ];
}

/** Figures of arms that have some, none where no arm has. */
export function figureGrids(
  title: string,
  figures: readonly FigureRow[],
  options: FigureGridOptions = {},
): readonly Grid[] {
  const names = [...new Set(figures.flatMap((row) => Object.keys(row.figures)))];
  if (names.length === 0) return [];
  return [{
    title,
    head: ["arm", ...names],
    rows: figures.filter((row) => Object.keys(row.figures).length > 0).map((row) => [
      row.arm,
      ...names.map((name) => figureCell(row, name, options)),
    ]),
  }];
}

function figureCell(
  { figures, perSeed }: FigureRow,
  name: string,
  { bySeed = false }: FigureGridOptions,
): string {
  const value = figures[name] ?? null;
  if (value === null) return NONE;
  const isShare = name.startsWith("share");
  const text = (one: number) => isShare ? percent(one) : shortNumber(one);
  const mean = isShare ? `${text(value)} %` : text(value);
  const seeds = perSeed[name] ?? [];
  if (!bySeed || seeds.length < 2) return mean;
  return `${mean} (${seeds.map((one) => one === null ? NONE : text(one)).join(" ")})`;
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
