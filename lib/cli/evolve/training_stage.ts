import { join } from "node:path";
import type { EvolveConfig } from "../../config/mod.ts";
import { hashSeed, type Json, UsageError } from "../../core/mod.ts";
import { OWN_FILES } from "../../export/mod.ts";
import type { MadeArtifact, TrainingRequest } from "../../rounds/mod.ts";
import { learningSettings, train, type TrainSettings, trainSettings } from "../../training/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { checkpointMeta, checkpointMetrics } from "../train/checkpoint_artifact.ts";
import { trainerEnvironment } from "../train/trainer_environment.ts";
import { TrainingProgress } from "../train/training_progress.ts";
import type { StageParts } from "./stage_parts.ts";

/** Kind of training that a round does. */
export type RoundTraining = "sft" | "ppm";

/**
 * Settings of a training, by the configuration.
 *
 * @throws {ConfigError} If a setting is unknown or out of range.
 */
export function trainingSettings(kind: RoundTraining, config: EvolveConfig): TrainSettings {
  return trainSettings(kind, {
    preset: config.training ?? config.preset,
    overrides: kind === "sft" ? config.sft : config.ppmTraining,
  });
}

/**
 * Settings of the training that change the meaning of a run. With another size of batches on a device, for one, a run goes on.
 *
 * @throws {ConfigError} If a setting is unknown or out of range.
 */
export function trainingSpec(config: EvolveConfig): Json {
  return {
    sft: { ...learningSettings(trainingSettings("sft", config)) },
    ppm: { ...learningSettings(trainingSettings("ppm", config)) },
  };
}

/**
 * Trains a policy or a PPM. What serves models is ended first: training needs its memory.
 *
 * @throws {UsageError} If the data, the base or the settings cannot be trained with.
 * @throws {InfrastructureError} If the trainer dies, diverges, or leaves no whole checkpoint.
 */
export async function trainingStage(
  kind: RoundTraining,
  { round, data, base, signal }: TrainingRequest,
  parts: StageParts,
): Promise<MadeArtifact> {
  const { config, folders, server, reporter } = parts;
  await server.release();
  const output = folders.of(round, kind === "sft" ? "policy" : "ppm");
  // Without its row it never happened: the process died between the two, and the data may be others now.
  await removeIfThere(output);
  const settings = trainingSettings(kind, config);
  const file = join(folders.place(data), kind === "sft" ? OWN_FILES.sft : OWN_FILES.pairs);
  const progress = new TrainingProgress((text) => reporter.say(text));
  reporter.progress(() => progress.picture());
  const { command, accelerate } = config.trainer;
  const { summary } = await train({
    kind,
    data: file,
    base: folders.place(base),
    output,
    seed: hashSeed("training", kind, round, config.seed),
    // Without the round: PPMs of different rounds are compared on problems that none of them was trained on.
    splitSeed: hashSeed("held out", config.seed),
    settings,
  }, {
    interpreter: await pythonInterpreter("models", {
      torch: config.torch,
      onProgress: (text) => reporter.say(text),
      signal,
    }),
    command,
    accelerate,
    env: trainerEnvironment(command !== undefined),
    onEvent: (event) => progress.take(event),
    onLine: command === undefined ? () => {} : (line) => reporter.say(`trainer: ${line}`),
    signal,
  });
  if (summary === null && kind === "ppm") throw uncalibrated(output);
  return {
    location: folders.stored(output),
    sha256: summary?.sha256 ?? null,
    rows: null,
    meta: checkpointMeta(settings, summary),
    metrics: checkpointMetrics(summary),
  };
}

function uncalibrated(folder: string): UsageError {
  return new UsageError(
    `Cannot search with the PPM in "${folder}": trainer.command left no rstar.json with its calibration {b, tau}; ` +
      "let the command run our trainer ({python} {trainer} {request}), or write the file last",
  );
}

async function removeIfThere(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
