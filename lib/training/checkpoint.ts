import { join } from "node:path";
import { InfrastructureError, parseJson, UsageError } from "../core/mod.ts";
import { CheckpointSummary } from "./trainer_event.ts";

/** Name of the file in a checkpoint that is written last. */
export const CHECKPOINT_SUMMARY = "rstar.json";

/**
 * What a trained checkpoint says of itself; `null` for a checkpoint that another tool made.
 *
 * @throws {UsageError} If the folder is no checkpoint, or its summary is broken.
 */
export async function readCheckpoint(folder: string): Promise<CheckpointSummary | null> {
  if (!await isThere(join(folder, "config.json"))) {
    throw new UsageError(
      `Cannot use checkpoint "${folder}": expected a folder with a config.json, got none`,
    );
  }
  const text = await readIfThere(join(folder, CHECKPOINT_SUMMARY));
  if (text === null) return null;
  const parsed = CheckpointSummary.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `Cannot read ${CHECKPOINT_SUMMARY} of checkpoint "${folder}": ${
      parsed.error.issues[0]?.message
    }; train it again`,
  );
}

/**
 * Insists that a trainer that ended well left a checkpoint.
 *
 * @throws {InfrastructureError} If there is no model in the folder.
 */
export async function requireCheckpoint(folder: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const hasWeights = names.some((name) =>
    /^(?!training_args|optimizer|scheduler).*\.(safetensors|bin)$/.test(name)
  );
  if (names.includes("config.json") && hasWeights) return;
  throw new InfrastructureError(
    "process",
    `The trainer ended without an error and left no checkpoint: expected config.json and weights in "${folder}", got ` +
      `${
        names.length === 0 ? "nothing" : names.sort().join(", ")
      }; look at what trainer.command does with {output}`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return await readIfThere(path) !== null;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}
