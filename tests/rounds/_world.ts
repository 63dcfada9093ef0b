/**
 * Rounds without models: stages that note what they did, a world that remembers which trees and folders there are, and a way to
 * die at any point. What stages "make" is a function of what they were given, so that two histories can be compared.
 */
import { hashSeed } from "../../lib/core/mod.ts";
import {
  type MadeArtifact,
  roundSchedules,
  type RoundsPlan,
  type RoundStages,
  type ScheduleOptions,
} from "../../lib/rounds/mod.ts";
import type { ArtifactInfo, ArtifactStore } from "../../lib/store/mod.ts";

/** Kills the process of a test at the n-th thing it does. */
export class Death extends Error {
  override readonly name = "Death";
}

/** Things that outlive a death besides the store: trees and folders. */
export interface World {
  /** `round/seed/problem` of every stored tree. */
  readonly trees: Set<string>;
  /** Folders of artifacts. */
  readonly folders: Set<string>;
  /** Evaluations that were made, `round`. */
  readonly measured: number[];
  /** Every stage call, e.g. `policy 2 <- sft@2 base@0`. */
  readonly log: string[];
}

/** An empty world. */
export function newWorld(): World {
  return { trees: new Set(), folders: new Set(), measured: [], log: [] };
}

/** Options of {@linkcode scriptedStages}. */
export interface ScriptedStagesOptions {
  /** Called before and after everything that lasts; throws to die there. */
  readonly tick?: () => void;
  /** Whether a tree solves its problem. @default by a hash, one in two */
  readonly solves?: (tree: ScriptedTree) => boolean;
  /** Rows of an exported file. @default 10 per round */
  readonly rows?: (kind: "sft" | "pairs", round: number) => number;
  readonly scores?: readonly number[];
}

/** Stages that work on a {@linkcode World}. */
export function scriptedStages(world: World, options: ScriptedStagesOptions = {}): RoundStages {
  const { tick = () => {}, rows = (_kind, round) => 10 * round } = options;
  const solves = options.solves ??
    (({ round, seed, problem }) => hashSeed(round, seed, problem) % 2 === 0);
  const act = (entry: string) => {
    tick();
    world.log.push(entry);
  };
  const make = (name: string, folder: string, count: number | null): MadeArtifact => {
    act(name);
    world.folders.add(folder);
    tick();
    return { location: folder, sha256: `hash of ${folder}`, rows: count, meta: { name } };
  };
  return {
    search: ({ round, pass, problemIds, models }) =>
      settle(() => {
        act(`search ${round} with ${models.policy.location} ${models.ppm?.location ?? "-"}`);
        for (const seed of pass.seeds) {
          for (const problem of problemIds) {
            const tree = `${round}/${seed}/${problem}`;
            if (world.trees.has(tree)) continue;
            tick();
            world.trees.add(tree);
          }
        }
        return { undone: 0 };
      }),
    trees: (round) =>
      settle(() => {
        const all = [...world.trees].map(parseTree);
        const problemsOf = (trees: readonly ScriptedTree[]) =>
          new Set(trees.map(({ problem }) => problem));
        const problems = problemsOf(all.filter((tree) => tree.round === round));
        const before = problemsOf(all.filter((tree) => tree.round < round && solves(tree)));
        return {
          problems: problems.size,
          solved: problemsOf(all.filter((tree) => tree.round === round && solves(tree))),
          solvedBefore: problems.intersection(before).size,
        };
      }),
    easy: (round) =>
      settle(() => {
        const earlier = [...world.trees].map(parseTree).filter((tree) => tree.round < round);
        const easy = [...Map.groupBy(earlier, ({ problem }) => problem)].filter(([, trees]) => {
          const latest = Math.max(...trees.map((tree) => tree.round));
          return trees.filter((tree) => tree.round === latest).every(solves);
        });
        return new Set(easy.map(([problem]) => problem));
      }),
    exportSft: ({ round }) =>
      settle(() => make(`sft ${round}`, `sft@${round}`, rows("sft", round))),
    exportPairs: ({ round }) =>
      settle(() => make(`pairs ${round}`, `pairs@${round}`, rows("pairs", round))),
    trainPolicy: ({ round, data, base }) =>
      settle(() =>
        make(`policy ${round} <- ${data.location} ${base.location}`, `policy@${round}`, null)
      ),
    trainPpm: ({ round, data, base }) =>
      settle(() => make(`ppm ${round} <- ${data.location} ${base.location}`, `ppm@${round}`, null)),
    evaluate: ({ round, policy, ppm }) =>
      settle(() => {
        act(`evaluate ${round} ${policy.location} ${ppm?.location ?? "-"}`);
        world.measured.push(round);
        tick();
        return [round + 1];
      }),
    score: (round) => Promise.resolve(options.scores?.[round] ?? null),
    isThere: ({ location }) => Promise.resolve(location === "base" || world.folders.has(location)),
  };
}

interface ScriptedTree {
  readonly round: number;
  readonly seed: number;
  readonly problem: string;
}

function parseTree(tree: string): ScriptedTree {
  const [round, seed, problem = ""] = tree.split("/");
  return { round: Number(round), seed: Number(seed), problem };
}

function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

/** A store that dies before or after a write. */
export function mortalStore(store: ArtifactStore, tick: () => void): ArtifactStore {
  return {
    artifacts: (filter) => store.artifacts(filter),
    metrics: (id) => store.metrics(id),
    rounds: (runNo) => store.rounds(runNo),
    addArtifact: async (request) => {
      tick();
      const id = await store.addArtifact(request);
      tick();
      return id;
    },
    putRound: async (round) => {
      tick();
      await store.putRound(round);
      tick();
    },
  };
}

/** Schedules of a small starter run. */
export function scheduleOptions(options: Partial<ScheduleOptions> = {}): ScheduleOptions {
  return {
    rounds: 4,
    family: "starter",
    ppmFrom: 3,
    problems: Array.from({ length: 40 }, (_, i) => ({ id: `p${i}`, level: i % 4 + 1 })),
    problemsPerRound: 4,
    selection: "fresh",
    curriculum: true,
    seed: 0,
    search: {},
    ...options,
  };
}

/** A plan over {@linkcode scheduleOptions}. */
export function scriptedPlan(
  options: Partial<Omit<RoundsPlan, "schedules" | "base">> & {
    readonly schedule?: Partial<ScheduleOptions>;
  } = {},
): RoundsPlan {
  const { schedule, ...rest } = options;
  return {
    runNo: 1,
    schedules: roundSchedules(scheduleOptions(schedule)),
    base: { location: "base", sha256: "hash of base", rows: null, meta: {} },
    evaluation: { problems: 200 },
    ...rest,
  };
}

/** Lists what a run left in the store, without what depends on time. */
export async function artifactsOf(store: ArtifactStore): Promise<readonly string[]> {
  const all = await store.artifacts();
  const name = ({ role, kind, roundNo }: ArtifactInfo) =>
    `${kind === "checkpoint" ? role : kind}@${roundNo}`;
  const nameOf = new Map(all.map((artifact) => [artifact.artifactId, name(artifact)]));
  return all.map((artifact) =>
    `${name(artifact)} <- ${artifact.parents.map((id) => nameOf.get(id)).sort().join(" ")}`
  );
}
