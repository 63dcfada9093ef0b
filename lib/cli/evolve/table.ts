import { probabilityText, shortDuration, shortNumber } from "../../core/mod.ts";
import { textTable } from "../../report/bare/mod.ts";
import { terminalTable } from "../terminal/table.ts";
import type { Change, Rate, RoundResult } from "../../rounds/mod.ts";

/** How a run of `evolve` ended. */
export interface EvolveOutcome {
  readonly run: string;
  readonly db: string;
  /** Page with the curves. */
  readonly page: string;
  readonly results: readonly RoundResult[];
  /** Seconds of this process. */
  readonly seconds: number;
  /** Why it ended; `null` where everything that was asked for is done. */
  readonly note: string | null;
  /** Name of the suite that was measured on. */
  readonly suite: string;
  /** Whether the numbers come from the starter world. */
  readonly isStarter: boolean;
}

const NOT_MEASURED = "–";

/** The table of rounds for people. Shares in percent with their 95 % intervals; changes against the round before. */
export function outcomeLines(outcome: EvolveOutcome): readonly string[] {
  const { run, db, results, suite, note } = outcome;
  return [
    `Run "${run}", ${
      shortDuration(outcome.seconds)
    }; pass@1 on ${suite}; shares in percent [95 % interval]; ` +
    "changes against the round before, by problem (McNemar's exact test)",
    roundsTable(results),
    ...(note === null ? [] : [note]),
    ...(outcome.isStarter
      ? ["The starter world is a small test world: its scores say nothing about mathematics."]
      : []),
    `Report with curves: ${outcome.page}`,
    "",
    "Next, for instance:",
    `  deno task sql --db ${db} "select round, level, count(*), avg(solved::int) from trees where run = '${run}' group by all order by all"`,
    `  deno task eval --db ${db} --run ${run} --all-rounds`,
  ];
}

/** The table alone: one column a round, so that it fits a terminal. */
export function roundsTable(results: readonly RoundResult[]): string {
  const levels = [
    ...new Set(results.flatMap((result) => result.levels.map(({ level }) => level))),
  ];
  const rows: readonly (readonly [string, (result: RoundResult) => string])[] = [
    ...levels.map((level): [string, (result: RoundResult) => string] => [
      level === null ? "solved, no level" : `solved, level ${level}`,
      (result) => levelCell(result, level),
    ]),
    ["solved by search", ({ coverage }) => percentWithInterval(coverage)],
    ["  all rounds so far", ({ cumulativeCoverage }) => percentWithInterval(cumulativeCoverage)],
    ...(results.some(({ leftAlone }) => (leftAlone ?? 0) > 0)
      ? [["easy, left alone", ({ leftAlone }: RoundResult) => count(leftAlone)] as const]
      : []),
    ...(results.some(({ undone }) => (undone ?? 0) > 0)
      ? [["trees left out", ({ undone }: RoundResult) => count(undone)] as const]
      : []),
    ["policy pass@1", ({ policyPass1 }) => percentWithInterval(policyPass1)],
    ["  change", ({ policyChange }) => changeCell(policyChange)],
    ["search pass@1", ({ searchPass1 }) => percentWithInterval(searchPass1)],
    ["  change", ({ searchChange }) => changeCell(searchChange)],
    ["PPM pairs right", ({ ppmPairAccuracy }) => percentWithInterval(ppmPairAccuracy)],
    ["  of round 1", ({ ppmPairAccuracyRound1 }) => percentWithInterval(ppmPairAccuracyRound1)],
    ["policy traces", ({ sftTraces }) => count(sftTraces)],
    ["  with a false step", ({ falseStepShare }) => share(falseStepShare)],
    ["groups of pairs", ({ pairs }) => count(pairs)],
    ["tokens", ({ tokens }) => shortNumber(tokens)],
    ["time", ({ seconds }) => shortDuration(seconds)],
  ];
  return terminalTable(textTable(
    "",
    ["", ...results.map(({ round }) => round === 0 ? "base" : `round ${round}`)],
    rows.map(([name, cell]) => [name, ...results.map(cell)]),
  ));
}

/** One object for programs. Rates are fractions; `null` where nothing was measured. */
export function outcomeJson(outcome: EvolveOutcome): string {
  const { run, db, page, seconds, suite, note } = outcome;
  return JSON.stringify({
    run,
    db,
    report: page,
    seconds,
    suite,
    note,
    rounds: outcome.results.map((result) => ({
      round: result.round,
      policy_pass1: result.policyPass1?.value ?? null,
      policy_pass1_interval: pair(result.policyPass1),
      policy_change: changeJson(result.policyChange),
      search_pass1: result.searchPass1?.value ?? null,
      search_pass1_interval: pair(result.searchPass1),
      search_change: changeJson(result.searchChange),
      ppm_pair_accuracy: result.ppmPairAccuracy?.value ?? null,
      ppm_pair_accuracy_interval: pair(result.ppmPairAccuracy),
      ppm_pair_accuracy_round_1: result.ppmPairAccuracyRound1?.value ?? null,
      ppm_pair_accuracy_round_1_interval: pair(result.ppmPairAccuracyRound1),
      coverage: result.coverage?.value ?? null,
      coverage_interval: pair(result.coverage),
      coverage_by_level: result.levels.map(({ level, problems, solved, rate }) => ({
        level,
        problems,
        solved,
        coverage: rate?.value ?? null,
        coverage_interval: pair(rate),
      })),
      cumulative_coverage: result.cumulativeCoverage?.value ?? null,
      cumulative_coverage_interval: pair(result.cumulativeCoverage),
      left_alone: result.leftAlone,
      undone: result.undone,
      sft_traces: result.sftTraces,
      false_step_share: result.falseStepShare,
      pairs: result.pairs,
      tokens: result.tokens,
      seconds: result.seconds,
      stage_seconds: result.stageSeconds,
    })),
  });
}

function pair(rate: Rate | null): readonly [number, number] | null {
  return rate === null ? null : [rate.interval.low, rate.interval.high];
}

function changeJson(change: Change | null) {
  if (change === null) return null;
  const { difference, interval, p, n } = change;
  return { difference, interval: [interval.low, interval.high], p, n };
}

function levelCell(result: RoundResult, level: number | null): string {
  const found = result.levels.find((one) => one.level === level);
  if (found === undefined || found.rate === null) return NOT_MEASURED;
  return `${found.solved}/${found.problems} ${intervalText(found.rate)}`;
}

const inPercent = (value: number) => (100 * value).toFixed(0);

function percentWithInterval(rate: Rate | null): string {
  return rate === null ? NOT_MEASURED : `${(100 * rate.value).toFixed(1)} ${intervalText(rate)}`;
}

function intervalText({ interval }: Rate): string {
  return `[${inPercent(interval.low)}, ${inPercent(interval.high)}]`;
}

function share(value: number | null): string {
  return value === null ? NOT_MEASURED : `${(100 * value).toFixed(1)} %`;
}

function changeCell(change: Change | null): string {
  if (change === null) return NOT_MEASURED;
  const sign = change.difference > 0 ? "+" : "";
  const p = `p ${probabilityText(change.p)}`;
  return `${sign}${(100 * change.difference).toFixed(1)}, ${p}`;
}

function count(value: number | null): string {
  return value === null ? NOT_MEASURED : String(value);
}
