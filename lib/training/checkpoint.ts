import { join } from "node:path";
import { z } from "zod";
import { InfrastructureError, parseJson, UsageError } from "../core/mod.ts";
import { CheckpointSummary } from "./trainer_event.ts";
import { weightsFault } from "./_weights.ts";

const ShardIndex = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Name of the file in a checkpoint that is written last. */
export const CHECKPOINT_SUMMARY = "rstar.json";

/**
 * Reads the summary that a trained checkpoint holds; `null` for a checkpoint that another tool made.
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
 * Insists that a trainer that ended well left a whole checkpoint.
 *
 * @throws {InfrastructureError} If there is no model in the folder, or one of its files of weights is cut short.
 */
export async function requireCheckpoint(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const weights = names.filter((name) =>
    /^(?!training_args|optimizer|scheduler).*\.(safetensors|bin)$/.test(name)
  );
  if (!names.includes("config.json") || weights.length === 0) {
    throw noCheckpoint(
      `expected config.json and weights in "${folder}", got ${names.join(", ") || "nothing"}`,
    );
  }
  for (const name of new Set([...weights, ...await shardsOf(folder)])) {
    const fault = names.includes(name) ? await weightsFault(join(folder, name)) : "is missing";
    if (fault !== null) throw noCheckpoint(`"${name}" in "${folder}" ${fault}`);
  }
}

function noCheckpoint(found: string): InfrastructureError {
  return new InfrastructureError(
    "process",
    `The trainer ended without an error and left no checkpoint: ${found}; look at what trainer.command does with {output}`,
  );
}

/** Files that the index of a checkpoint in several files names. */
async function shardsOf(folder: string): Promise<readonly string[]> {
  const text = await readIfThere(join(folder, "model.safetensors.index.json"));
  if (text === null) return [];
  const parsed = ShardIndex.safeParse(parseJson(text));
  if (parsed.success) return Object.values(parsed.data.weight_map);
  throw noCheckpoint(`"model.safetensors.index.json" in "${folder}" is no index of weights`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return [];
    }
    throw error;
  }
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
