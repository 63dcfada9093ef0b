import { join } from "node:path";
import type { RoundStages } from "../../rounds/mod.ts";
import type { ArtifactInfo } from "../../store/mod.ts";
import { isFile } from "../is_file.ts";
import { evaluateStage } from "./evaluation_stage.ts";
import { exportStage } from "./export_stage.ts";
import { policyScore } from "./measures.ts";
import { easyProblems, treesOfRound } from "./round_trees.ts";
import { searchStage } from "./search_stage.ts";
import type { StageParts } from "./stage_parts.ts";
import { trainingStage } from "./training_stage.ts";

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
