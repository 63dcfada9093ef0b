/** How the tests of rounds carry a scripted run out. */
import {
  type RoundsOutcome,
  type RoundsPlan,
  type RoundStages,
  runRounds,
  type ScheduleOptions,
  type StageEvent,
} from "../../lib/rounds/mod.ts";
import { type ArtifactStore, memoryStore } from "../../lib/store/mod.ts";
import {
  mortalStore,
  newWorld,
  scriptedStages,
  type ScriptedStagesOptions,
  type World,
} from "./_world.ts";

/** Store and world that a run of rounds leaves behind. */
export interface Fixture {
  readonly store: ArtifactStore;
  readonly world: World;
}

/** Problems that every round may search. */
export const LEVELLESS: Partial<ScheduleOptions> = {
  problems: Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, level: null })),
};

/** A fixture in which nothing has happened yet. */
export function newFixture(): Fixture {
  return { store: memoryStore(), world: newWorld() };
}

/** Does what is left of a run of rounds with scripted stages; with `tick` the store may die as well. */
export function run(
  { store, world }: Fixture,
  plan: RoundsPlan,
  options: ScriptedStagesOptions & {
    readonly stages?: Partial<RoundStages>;
    readonly onStage?: (event: StageEvent) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RoundsOutcome> {
  const { stages, onStage = () => {}, signal = new AbortController().signal, ...scripted } =
    options;
  return runRounds(plan, {
    store: scripted.tick === undefined ? store : mortalStore(store, scripted.tick),
    stages: { ...scriptedStages(world, scripted), ...stages },
    onStage,
    now: () => 0,
    signal,
  });
}
