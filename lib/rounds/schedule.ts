/**
 * Plans what every round searches: problems, presets, seeds. All of it is fixed before the first tree grows (docs/architecture.md,
 * "rounds"), except which problems are unsolved or easy by then: the trees tell that.
 */
import {
  ConfigError,
  describeIssues,
  hashSeed,
  type Problem,
  seededRandom,
  shuffled,
} from "../core/mod.ts";
import { type Preset, PRESETS, SearchSpec } from "../search/mod.ts";

/** Preset families that name a preset for each round. */
export const PRESET_FAMILIES = ["starter", "paper"] as const;

/** Family of presets. */
export type PresetFamily = typeof PRESET_FAMILIES[number];

/** Rounds that have a preset of their own; later ones take the last. */
const PRESET_ROUNDS = 4;

/** Rounds that a tree's id can name (`tree_id.ts` of the store: four bits, round 0 is the base). */
export const MAX_ROUNDS = 15;

/** Seeds of one problem in one round: a seed of the run owns this many of the 4096 that a tree's id can name. */
export const SEEDS_PER_RUN = 16;

/** How problems are dealt to rounds: `same` searches one set again and again, as the paper does; `fresh` takes new ones each time. */
export const PROBLEM_SELECTIONS = ["same", "fresh"] as const;

/** How problems are dealt to rounds. */
export type ProblemSelection = typeof PROBLEM_SELECTIONS[number];

/** One sweep over problems of a round. */
export interface SearchPass {
  /** `unsolved`: problems that no tree of this round has solved when the pass begins. */
  readonly problems: "all" | "unsolved";
  readonly spec: SearchSpec;
  /** Seeds of the trees that each of the problems gets. */
  readonly seeds: readonly number[];
}

/** Schedule of one round: what it searches. */
export interface RoundSchedule {
  /** 1 is the first. */
  readonly round: number;
  readonly preset: string;
  /** Whether search is guided by the PPM of the round before. */
  readonly usesPpm: boolean;
  /** Lowest level among the problems, `null` where any is dealt. */
  readonly minLevel: number | null;
  readonly problemIds: readonly string[];
  /** Whether those of them that are easy by then (`RoundStages.easy`) get no tree in this round. */
  readonly leavesEasy: boolean;
  readonly passes: readonly SearchPass[];
}

/** Options from which the schedules of a run follow. */
export interface ScheduleOptions {
  readonly rounds: number;
  readonly family: PresetFamily;
  /** First round whose search is guided by a PPM. The paper's is 3; at least 2, as round 0 trains none. */
  readonly ppmFrom: number;
  /** Every problem that may be searched, in the set's order. */
  readonly problems: readonly Pick<Problem, "id" | "level">[];
  /** Problems of a round; `null` takes all. With `same` ones a round that keeps to a level takes those of them. */
  readonly problemsPerRound: number | null;
  readonly selection: ProblemSelection;
  /**
   * Whether rounds keep to the levels that the preset names, unsolved problems get its further trees, and `same` problems that are easy
   * by then none.
   */
  readonly curriculum: boolean;
  /** Seed of the run, 0 … 255. */
  readonly seed: number;
  /** Search parameters over those of every round's preset. */
  readonly search: { readonly [K in keyof SearchSpec]?: SearchSpec[K] | undefined };
}

/**
 * Schedules of rounds 1 … `rounds`. A larger number of rounds begins with the schedules of a smaller one.
 *
 * @throws {ConfigError} If the settings contradict each other, or there are too few problems for `fresh` rounds.
 */
export function roundSchedules(options: ScheduleOptions): readonly RoundSchedule[] {
  const { rounds, seed } = options;
  if (rounds < 1 || rounds > MAX_ROUNDS) {
    throw new ConfigError(`Cannot run ${rounds} rounds: expected 1 to ${MAX_ROUNDS}`);
  }
  if (seed < 0 || seed >= 4096 / SEEDS_PER_RUN) {
    throw new ConfigError(
      `Cannot use seed ${seed}: expected 0 to ${
        4096 / SEEDS_PER_RUN - 1
      }, because every seed of a run ` +
        `owns ${SEEDS_PER_RUN} of the 4096 seeds of trees`,
    );
  }
  if (options.ppmFrom < 2) {
    throw new ConfigError(
      `Cannot guide round ${options.ppmFrom} by a PPM: the first one is trained in round 1; ` +
        "give ppmFrom 2 or more",
    );
  }
  const order = mixedOrder(options.problems, seed);
  const dealt = new Set<string>();
  return Array.from({ length: rounds }, (_, index) => {
    const one = schedule(index + 1, order.filter(({ id }) => !dealt.has(id)), options);
    if (options.selection === "fresh") one.problemIds.forEach((id) => dealt.add(id));
    return one;
  });
}

/** Whether a run leaves easy problems alone: where each is searched once, there is nothing to leave. */
export function leavesEasy(
  { selection, curriculum }: Pick<ScheduleOptions, "selection" | "curriculum">,
): boolean {
  return curriculum && selection === "same";
}

/**
 * One order for all sizes and rounds, so that more problems or rounds hold what fewer did. Any stretch of it has the set's mix of
 * levels, and so has what is left of it until a round that keeps to a level has used that up: rounds with `fresh` problems are then
 * comparable.
 */
function mixedOrder(
  problems: ScheduleOptions["problems"],
  seed: number,
): ScheduleOptions["problems"] {
  const shuffledOnes = shuffled(seededRandom(hashSeed("round problems", seed)), problems);
  const byLevel = Map.groupBy(shuffledOnes, ({ level }) => level);
  return [...byLevel]
    .sort(([a], [b]) => (a ?? Infinity) - (b ?? Infinity))
    .flatMap(([, peers]) =>
      peers.map((problem, rank) => ({ problem, place: (rank + 0.5) / peers.length }))
    )
    .sort((a, b) => a.place - b.place)
    .map(({ problem }) => problem);
}

function schedule(
  round: number,
  left: ScheduleOptions["problems"],
  options: ScheduleOptions,
): RoundSchedule {
  const name = `${options.family}/r${Math.min(round, PRESET_ROUNDS)}`;
  const preset: Preset | undefined = (PRESETS as Readonly<Record<string, Preset>>)[name];
  if (preset === undefined) throw new ConfigError(`Cannot find preset "${name}"`);
  const usesPpm = round >= options.ppmFrom;
  const pool = options.selection === "fresh"
    ? left
    : left.slice(0, options.problemsPerRound ?? left.length);
  const minLevel = minLevelOf(preset, pool, options);
  return {
    round,
    preset: name,
    usesPpm,
    minLevel,
    problemIds: problemsOf(round, pool, { ...options, minLevel }),
    leavesEasy: round > 1 && leavesEasy(options),
    passes: passesOf(preset, { ...options, name, usesPpm }),
  };
}

/**
 * The level from which on a round searches: the preset's, or the next lower one that has enough problems. A set that does not reach
 * the preset's means other levels, or none.
 */
function minLevelOf(
  { minLevel }: Preset,
  pool: ScheduleOptions["problems"],
  { curriculum, problems, selection, problemsPerRound }: ScheduleOptions,
): number | null {
  if (!curriculum || minLevel === null) return null;
  const levels = new Set(problems.flatMap(({ level }) => level ?? []));
  if (Math.max(...levels) < minLevel) return null;
  const wanted = selection === "fresh" ? problemsPerRound ?? pool.length : 1;
  const enough = [...levels].filter((level) =>
    level <= minLevel && fromLevel(pool, level).length >= wanted
  );
  return enough.length === 0 ? null : Math.max(...enough);
}

/** Problems of a level and up; one without a level belongs to each. */
function fromLevel(
  problems: ScheduleOptions["problems"],
  minLevel: number | null,
): ScheduleOptions["problems"] {
  return problems.filter(({ level }) => minLevel === null || level === null || level >= minLevel);
}

/** A round's problems among those of its pool: what is left, or for `same` ones the first of the set. */
function problemsOf(
  round: number,
  pool: ScheduleOptions["problems"],
  { problemsPerRound, selection, minLevel }: ScheduleOptions & Pick<RoundSchedule, "minLevel">,
): readonly string[] {
  const count = problemsPerRound ?? pool.length;
  const isFresh = selection === "fresh";
  const taken = fromLevel(pool, minLevel).slice(0, count);
  const isEnough = (isFresh ? taken : pool).length >= count;
  if (taken.length > 0 && isEnough) return taken.map(({ id }) => id);
  throw new ConfigError(
    `Cannot take ${problemsPerRound ?? "all"} ${isFresh ? "fresh " : ""}problems for round ` +
      `${round}: ${taken.length} are left; lower problemsPerRound` +
      `${isFresh ? ", or search the same ones in every round" : ""}`,
  );
}

function passesOf(
  preset: Preset,
  options: ScheduleOptions & { readonly name: string; readonly usesPpm: boolean },
): readonly SearchPass[] {
  const { search, usesPpm } = options;
  const spec = parseSpec(options.name, {
    ...preset.spec,
    ...search,
    guidance: usesPpm ? "ppm" : "terminal",
    // Nothing ranks candidates before there is a PPM.
    prescreen: usesPpm ? search.prescreen ?? preset.spec.prescreen : null,
  });
  const further = options.curriculum ? preset.unsolved : [];
  if (preset.trees + further.length > SEEDS_PER_RUN) {
    throw new ConfigError(
      `Cannot grow ${
        preset.trees + further.length
      } trees per problem and round: at most ${SEEDS_PER_RUN}`,
    );
  }
  const firstSeed = options.seed * SEEDS_PER_RUN;
  return [
    {
      problems: "all",
      spec,
      seeds: Array.from({ length: preset.trees }, (_, index) => firstSeed + index),
    },
    ...further.map((rollouts, index): SearchPass => ({
      problems: "unsolved",
      spec: { ...spec, rollouts },
      seeds: [firstSeed + preset.trees + index],
    })),
  ];
}

function parseSpec(preset: string, values: unknown): SearchSpec {
  const result = SearchSpec.safeParse(values);
  if (result.success) return result.data;
  throw new ConfigError(
    `Cannot use preset "${preset}" with these settings: ${describeIssues(result.error, "search")}`,
  );
}
