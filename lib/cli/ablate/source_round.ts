/** The round of a run of `evolve` that an ablation is made from, as the store knows it. */
import { join } from "node:path";
import { z } from "zod";
import type { DataFile } from "../../ablation/mod.ts";
import type { AblateConfig } from "../../config/mod.ts";
import {
  hashSeed,
  partOfSpec,
  type Problem,
  readSpec,
  seededRandom,
  shuffled,
  UsageError,
} from "../../core/mod.ts";
import { OWN_FILES } from "../../export/mod.ts";
import { ROUNDS_SPEC, type RoundsSpec, stageOf } from "../../rounds/mod.ts";
import type { SearchSpec } from "../../search/mod.ts";
import type { ArtifactInfo, DuckdbStore, RoundInfo, RunInfo } from "../../store/mod.ts";
import { TRAIN_SETTINGS, type TrainSettings } from "../../training/mod.ts";
import { artifactPlace, baseFolder } from "../../models/mod.ts";
import { storedProblems } from "../stored_problems.ts";
import type { FoundSource } from "./found_source.ts";
import { storedModel } from "./made_model.ts";

/**
 * Finds the round.
 *
 * @param limit Problems that are used; a larger limit holds the smaller one; `null` is all.
 * @throws {UsageError} If there is no such run or round, or the round is not done or grew no tree.
 */
export async function findSourceRound(
  store: DuckdbStore,
  config: Pick<AblateConfig, "db" | "run" | "round" | "base">,
  limit: number | null,
): Promise<FoundSource> {
  const run = findRun(await store.runs(), config);
  const { round, ppm: searchedWithPpm } = findRound(await store.rounds(run.runNo), run, config);
  const spec = readSpec(ROUNDS_SPEC, run.spec);
  const artifacts = await store.artifacts({ runNo: run.runNo, kind: "checkpoint" });
  if (round === 1 && artifacts.some((one) => stageOf(one) === "bootstrap")) {
    throw new UsageError(
      `Cannot ablate round 1 of run "${run.name}": a bootstrap model searched in it, which is no checkpoint of the run; ` +
        "take a later round",
    );
  }
  const find = (stage: string, of: number) => findCheckpoint(artifacts, { run, stage, round: of });
  const model = (stage: string, of: number) => storedModel(config.db, find(stage, of));
  const first = find("policy", 0);
  const base = { ...storedModel(config.db, first), folder: await baseFolder(first, config.base) };
  const problems = (await searchedProblems(store, run.runNo, round)).slice(0, limit ?? undefined);
  return {
    run,
    problems,
    source: {
      round,
      trees: { runNo: run.runNo, rounds: [round] },
      problemIds: problems.map(({ id }) => id),
      base,
      searchPolicy: round === 1 ? base : model("policy", round - 1),
      searchPpm: searchedWithPpm === null ? null : model("ppm", round - 1),
      policy: model("policy", round),
      ppm: model("ppm", round),
      traces: await findTraces(store, config.db, { run, round }),
      search: searchOf(spec, { run, round }),
      firstSearch: searchOf(spec, { run, round: 1 }),
      sftRules: spec.exports.sft,
      pairRules: spec.exports.pairs,
      training: {
        sft: settingsOf(find("policy", round)),
        ppm: settingsOf(find("ppm", round)),
      },
    },
  };
}

interface RoundOfRun {
  readonly run: RunInfo;
  readonly round: number;
}

function findCheckpoint(
  artifacts: readonly ArtifactInfo[],
  { run, stage, round }: RoundOfRun & { readonly stage: string },
): ArtifactInfo {
  const found = artifacts.findLast((one) => one.roundNo === round && stageOf(one) === stage);
  if (found !== undefined) return found;
  throw new UsageError(`Cannot ablate run "${run.name}": it has no ${stage} of round ${round}`);
}

async function findTraces(
  store: DuckdbStore,
  db: string,
  { run: { runNo }, round }: RoundOfRun,
): Promise<DataFile | null> {
  const files = await store.artifacts({ runNo, roundNo: round, kind: "sft" });
  const found = files.findLast((one) => stageOf(one) === "sft");
  if (found === undefined) return null;
  const { artifactId, rows } = found;
  return { artifactId, rows: rows ?? 0, path: join(artifactPlace(db, found), OWN_FILES.sft) };
}

/** Settings that a checkpoint was trained with. */
function settingsOf({ meta }: ArtifactInfo): TrainSettings {
  return z.object({ settings: partOfSpec(TRAIN_SETTINGS) }).parse(meta).settings;
}

/** Settings that a round searched with; rounds after the last one with a specification of its own used that one. */
function searchOf({ search }: RoundsSpec, { run, round }: RoundOfRun): SearchSpec {
  const named = Object.keys(search).length;
  const found = search[`round ${Math.min(round, named)}`]?.[0]?.spec;
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot ablate run "${run.name}": it does not say how round ${round} searched`,
  );
}

function findRun(
  runs: readonly RunInfo[],
  { run: name, db }: Pick<AblateConfig, "db" | "run">,
): RunInfo {
  const evolved = runs.filter(({ command }) => command === "evolve");
  const found = name === undefined ? evolved.at(-1) : evolved.find((run) => run.name === name);
  if (found !== undefined) return found;
  const names = evolved.map((run) => `"${run.name}"`).join(", ") || "none";
  throw new UsageError(
    `Cannot ablate ${
      name === undefined ? "a run" : `run "${name}"`
    } of "${db}": it has the evolve runs ${names}; ` +
      "make one with deno task evolve",
  );
}

function findRound(
  rounds: readonly RoundInfo[],
  { name }: RunInfo,
  { round }: Pick<AblateConfig, "round">,
): { readonly round: number; readonly ppm: string | null } {
  // One that names no policy had nothing to search, and so no trees: every problem was easy by then.
  const done = rounds.filter(({ roundNo, state, policy }) =>
    roundNo > 0 && state === "done" && policy !== null
  );
  const found = round === undefined ? done.at(-1) : done.find(({ roundNo }) => roundNo === round);
  if (found !== undefined) return { round: found.roundNo, ppm: found.ppm };
  throw new UsageError(
    `Cannot ablate ${
      round === undefined ? "a round" : `round ${round}`
    } of run "${name}": rounds that are done and grew trees are ${
      done.map(({ roundNo }) => roundNo).join(", ") || "none"
    }`,
  );
}

/** Problems with trees of a round, in one shuffled order: any first part of them is a fair sample. */
async function searchedProblems(
  store: DuckdbStore,
  runNo: number,
  round: number,
): Promise<readonly Problem[]> {
  const problems = await storedProblems(
    store,
    "problem_no IN (SELECT problem_no FROM tree WHERE run_no = $1 AND round_no = $2)",
    [runNo, round],
  );
  return shuffled(seededRandom(hashSeed("ablation order")), problems);
}
