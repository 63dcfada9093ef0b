import { join } from "node:path";
import type { EvolveConfig } from "../../config/mod.ts";
import type { Decontaminator } from "../../export/mod.ts";
import type { RoundStages } from "../../rounds/mod.ts";
import type { ArtifactInfo, DuckdbStore } from "../../store/mod.ts";
import { artifactPlace, runFolder, storedLocation } from "../artifact_location.ts";
import type { InterruptSignals } from "../interrupt.ts";
import { isFile } from "../is_file.ts";
import type { Observation } from "../observe/observation.ts";
import type { EvolveDisplay } from "./display.ts";
import { evaluateStage } from "./evaluation_stage.ts";
import { exportStage } from "./export_stage.ts";
import { policyScore } from "./measures.ts";
import type { RoundServer } from "./models.ts";
import type { EvolvePlan } from "./plan.ts";
import { easyProblems, treesOfRound } from "./round_trees.ts";
import { searchStage } from "./search_stage.ts";
import { trainingStage } from "./training_stage.ts";
import type { ExecutionResources } from "../execution_resources.ts";

/** Parts that the stages of a run work with. */
export interface StageParts {
  readonly config: EvolveConfig;
  readonly plan: EvolvePlan;
  readonly store: DuckdbStore;
  readonly runNo: number;
  readonly folders: RunFolders;
  readonly execution: ExecutionResources;
  readonly server: RoundServer;
  readonly display: EvolveDisplay;
  readonly observation: Observation;
  /** Reads every suite that ships, once. */
  readonly decontaminator: () => Promise<Decontaminator>;
  readonly interrupts: InterruptSignals;
}

/** Where the files of a run are: `<database>.files/<run>/round-<n>/`, and the base where this command has it. */
export class RunFolders {
  readonly #db: string;
  readonly #run: string;
  readonly #base: string;

  /**
   * @param db Database file.
   * @param base Folder or name of the base. A run continues with no other model, but the folder may have moved since its row was written.
   */
  constructor(db: string, run: string, base: string) {
    this.#db = db;
    this.#run = run;
    this.#base = base;
  }

  /** Folder of what a round makes; `part` is `sft`, `pairs`, `policy` or `ppm`. */
  of(round: number, part: string): string {
    return join(runFolder(this.#db, this.#run), `round-${round}`, part);
  }

  /** A path as rows keep it. */
  stored(path: string): string {
    return storedLocation(this.#db, path);
  }

  /** The path that a row names. */
  place(artifact: ArtifactInfo): string {
    if (artifact.roundNo === 0 && artifact.role === "policy") return this.#base;
    return artifactPlace(this.#db, artifact);
  }
}

/** Binds the stages of a round to search, export, training and evaluation. */
export function evolveStages(parts: StageParts): RoundStages {
  return {
    search: (request) => searchStage(request, parts),
    trees: (round) => treesOfRound(parts, round),
    easy: (round) => easyProblems(parts, round),
    exportSft: (request) => exportStage("sft", request, parts),
    exportPairs: (request) => exportStage("pairs", request, parts),
    trainPolicy: (request) => trainingStage("sft", request, parts),
    trainPpm: (request) => trainingStage("ppm", request, parts),
    evaluate: (request) => evaluateStage(request, parts),
    score: (round) => policyScore(round, { ...parts, suite: parts.plan.suites[0] }),
    isThere: (artifact) => isThere(parts, artifact),
  };
}

async function isThere(
  { folders, config }: StageParts,
  artifact: ArtifactInfo,
): Promise<boolean> {
  // A model that a hook serves may be a name that only the hook understands.
  if (artifact.roundNo === 0 && config.hooks.serve !== undefined) return true;
  const file = artifact.kind === "checkpoint" ? "config.json" : "manifest.json";
  return await isFile(join(folders.place(artifact), file));
}
