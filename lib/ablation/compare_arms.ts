/** Arms against the first one: seeds and problems resampled crossed, paired by both (docs/evaluation.md, "Recipes"). Pure. */
import {
  crossedBootstrap,
  type CrossedDifference,
  crossedMean,
  type Interval,
  scoreOf,
} from "../evaluation/mod.ts";
import type { Arm, ArmMeasure } from "./ablation.ts";

/** Result of an arm in one metric. */
export interface ArmRow {
  readonly metric: string;
  readonly arm: string;
  /** Mean over seeds and problems. */
  readonly estimate: number;
  readonly interval: Interval;
  readonly problems: number;
  /** Of every seed, in order. */
  readonly perSeed: readonly number[];
  /** This arm less the first one; `null` for the first one. */
  readonly difference: CrossedDifference | null;
}

/** Figures of an arm that are not tested. */
export interface FigureRow {
  readonly arm: string;
  /** Means over the seeds that have them. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** Of every seed, in order; `null` where it cannot be known. */
  readonly perSeed: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Measurements with one seed, by arm. */
export type SeedMeasure = ReadonlyMap<string, ArmMeasure>;

/**
 * Compares arms metric by metric, in the order in which the first arm names metrics.
 *
 * @throws {RangeError} If there are no seeds, or arms and seeds were measured on different problems.
 */
export function compareArms(
  arms: readonly Arm[],
  seeds: readonly SeedMeasure[],
): readonly ArmRow[] {
  const [first] = arms;
  if (first === undefined || seeds.length === 0) {
    throw new RangeError("Cannot compare arms: expected at least one arm and one seed");
  }
  const metrics = [
    ...new Set(
      seeds.flatMap((seed) =>
        [...seed.values()].flatMap(({ scores }) => scores.map(({ metric }) => metric))
      ),
    ),
  ];
  return metrics.flatMap((metric) => {
    const reference = scoreRows(seeds, { arm: first.name, metric });
    return arms.flatMap(({ name }): readonly ArmRow[] => {
      const rows = scoreRows(seeds, { arm: name, metric });
      if (rows === null) return [];
      const isFirst = name === first.name;
      if (!isFirst && reference !== null) checkSame(reference, rows, { metric, arm: name });
      return [{
        metric,
        arm: name,
        ...estimateOf(rows),
        problems: rows.ids.length,
        difference: isFirst || reference === null ? null : differenceOf(rows, reference),
      }];
    });
  });
}

/** Figures of every arm, seed by seed and meaned over seeds. */
export function armFigures(
  arms: readonly Arm[],
  seeds: readonly SeedMeasure[],
): readonly FigureRow[] {
  return arms.map(({ name }) => {
    const measured = seeds.map((seed) => seed.get(name)?.figures ?? {});
    const names = [...new Set(measured.flatMap((figures) => Object.keys(figures)))];
    const perSeed = names.map((figure) =>
      [figure, measured.map((figures) => figures[figure] ?? null)] as const
    );
    return {
      arm: name,
      figures: Object.fromEntries(perSeed.map(([figure, values]) => [figure, meanOf(values)])),
      perSeed: Object.fromEntries(perSeed),
    };
  });
}

/** Scores of an arm in one metric: a row a seed, in one order of problems. */
interface ScoreRows {
  readonly ids: readonly string[];
  readonly values: readonly (readonly number[])[];
}

/** `null` where no seed has the metric, or its problems were chosen and none is common to all seeds. */
function scoreRows(
  seeds: readonly SeedMeasure[],
  { arm, metric }: { readonly arm: string; readonly metric: string },
): ScoreRows | null {
  const known = seeds.flatMap((seed) =>
    seed.get(arm)?.scores.find((one) => one.metric === metric) ?? []
  );
  const maps = known.map(({ scores }) => scores);
  const isEverySeed = known.length === seeds.length;
  if (known.some(({ isChosen }) => isChosen === true)) {
    const common = isEverySeed ? commonIds(maps) : [];
    return common.length === 0 ? null : rowsOf(common, maps);
  }
  if (known.length === 0) return null;
  const rows = rowsOf([...maps[0]?.keys() ?? []].sort(), maps);
  const isWhole = isEverySeed && maps.every(({ size }) => size === rows.ids.length) &&
    rows.values.every((row) => row.every((value) => !Number.isNaN(value)));
  if (isWhole) return rows;
  throw new RangeError(
    `Cannot compare "${metric}" of arm "${arm}": expected the same problems with every seed`,
  );
}

function commonIds(maps: readonly ReadonlyMap<string, number>[]): readonly string[] {
  const [first = new Map<string, number>(), ...others] = maps;
  return [...first.keys()].filter((id) => others.every((scores) => scores.has(id))).sort();
}

function rowsOf(
  ids: readonly string[],
  maps: readonly ReadonlyMap<string, number>[],
): ScoreRows {
  return { ids, values: maps.map((scores) => ids.map((id) => scores.get(id) ?? NaN)) };
}

function differenceOf(rows: ScoreRows, reference: ScoreRows): CrossedDifference {
  return crossedBootstrap(
    rows.values.map((row, seed) =>
      row.map((value, i) => value - (reference.values[seed]?.[i] as number))
    ),
  );
}

function checkSame(
  reference: ScoreRows,
  rows: ScoreRows,
  { metric, arm }: { readonly metric: string; readonly arm: string },
): void {
  const isSame = reference.ids.length === rows.ids.length &&
    reference.ids.every((id, i) => id === rows.ids[i]);
  if (isSame) return;
  throw new RangeError(
    `Cannot compare "${metric}" of arm "${arm}": expected the problems of the first arm`,
  );
}

/** One seed has no variance over seeds: Wilson's interval, which is right near 0 and 1 as well. */
function estimateOf({ values }: ScoreRows): Pick<ArmRow, "estimate" | "interval" | "perSeed"> {
  const [only] = values;
  if (values.length === 1 && only !== undefined) {
    const { value, interval } = scoreOf(only);
    return { estimate: value, interval, perSeed: [value] };
  }
  const { mean, interval: { low, high }, perSeed } = crossedMean(values);
  // Scores are shares; what a draw of seeds adds is stretched, and may reach beyond them.
  return {
    estimate: mean,
    interval: { low: Math.max(0, low), high: Math.min(1, high) },
    perSeed,
  };
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
