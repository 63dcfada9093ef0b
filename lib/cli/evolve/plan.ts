import { type EvolveConfig, evolveSizes } from "../../config/mod.ts";
import { ConfigError, hashJson, type Json, storedSpec } from "../../core/mod.ts";
import { isProblemFile } from "../../datasets/mod.ts";
import {
  leavesEasy,
  MAX_ROUNDS,
  ROUNDS_SPEC,
  roundSchedules,
  type ScheduleOptions,
} from "../../rounds/mod.ts";
import { findSuites } from "../eval/load_suites.ts";
import { limitsSpec } from "../limits_spec.ts";
import { loadProblemSet } from "../problem_set.ts";
import { checkpointFiles, DEFAULT_POLICY } from "../../models/mod.ts";
import type { EvolvePlan } from "./evolve_plan.ts";
import { checkCommands } from "./preflight.ts";

/**
 * Resolves problems, schedules and the base.
 *
 * @throws {UsageError} If a set, a suite or the base does not exist, a set holds too few problems, or settings contradict each other.
 */
export async function planEvolve(config: EvolveConfig): Promise<EvolvePlan> {
  checkCommands(config);
  const sizes = evolveSizes(config);
  const { gradable, lines, notices } = await loadProblemSet(config.problems, config);
  const schedule: ScheduleOptions = {
    rounds: sizes.rounds,
    family: config.preset,
    ppmFrom: sizes.ppmFrom,
    problems: gradable,
    problemsPerRound: sizes.problemsPerRound,
    selection: sizes.selection,
    curriculum: sizes.curriculum,
    seed: config.seed,
    search: config.search,
  };
  const schedules = roundSchedules(schedule);
  const base = config.base ?? DEFAULT_POLICY;
  // What a hook serves may be a name that only the hook understands.
  if (config.hooks.serve === undefined) await checkpointFiles(base);
  const used = new Set(schedules.flatMap(({ problemIds }) => problemIds));
  return {
    problems: new Map(
      gradable.filter(({ id }) => used.has(id)).map((problem) => [problem.id, problem]),
    ),
    set: { lines, notices },
    sizes,
    schedules,
    schedule,
    base,
    suites: await suiteNames(config),
  };
}

async function suiteNames(config: EvolveConfig): Promise<readonly [string, ...string[]]> {
  const [first, ...others] = (await findSuites(config.suites, config)).map(({ suite }) =>
    suite.name
  );
  if (first !== undefined) return [first, ...others];
  throw new ConfigError(
    "Cannot measure rounds: suites is empty; name one, e.g. starter_validation",
  );
}

/** Rounds whose presets differ. */
const DISTINCT_ROUNDS = 4;

/**
 * Everything that changes the meaning of a round, and nothing else: the same specification continues its run. How many rounds are
 * wanted and what is measured is not in it, so more rounds, or another evaluation, go on where fewer ended.
 */
export function evolveSpec(
  config: EvolveConfig,
  plan: EvolvePlan,
  parts: { readonly base: Json; readonly training: Json; readonly exports: Json },
): Json {
  const { schedule, sizes } = plan;
  const rounds = roundSchedules({
    ...schedule,
    rounds: Math.min(MAX_ROUNDS, Math.max(DISTINCT_ROUNDS, sizes.ppmFrom)),
    problemsPerRound: null,
    selection: "same",
  });
  const levels = rounds.flatMap(({ round, minLevel }) =>
    minLevel === null ? [] : [[`round ${round}`, minLevel] as const]
  );
  return storedSpec(ROUNDS_SPEC, {
    problems: config.problems,
    // A file may grow while its run waits; rounds would then be dealt other problems than they began with.
    problemsHash: isProblemFile(config.problems)
      ? hashJson(schedule.problems.map(({ id, level }) => [id, level]))
      : null,
    fields: config.fields ?? null,
    problemsPerRound: sizes.problemsPerRound,
    selection: sizes.selection,
    seed: config.seed,
    // Named by round, so that a difference between two runs reads as `search.round 3.…`.
    search: Object.fromEntries(rounds.map(({ round, passes }) => [
      `round ${round}`,
      passes.map(({ problems, spec, seeds }) => ({ problems, seeds, spec })),
    ])),
    minLevel: Object.fromEntries(levels),
    leavesEasy: leavesEasy(schedule),
    roundBudgetTokens: config.roundBudgetTokens ?? null,
    bootstrap: config.bootstrap ?? null,
    policyApi: config.policyApi,
    limits: limitsSpec(),
    quarantineFrom: config.quarantineFrom ?? null,
    ...addedFields(config),
    ...parts,
  });
}

/** Fields that every request of a role gets: with others a model is another one. Absent where there are none, as before there could be any. */
function addedFields({ requests: { policy, ppm } }: EvolveConfig): Readonly<Record<string, Json>> {
  const added = { policy: policy?.extraBody ?? {}, ppm: ppm?.extraBody ?? {} };
  return Object.values(added).every((fields) => Object.keys(fields).length === 0)
    ? {}
    : { extraBody: added };
}
