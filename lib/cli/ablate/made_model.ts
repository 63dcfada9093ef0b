import type { Model, TrainRequest } from "../../ablation/mod.ts";
import { hashSeed } from "../../core/mod.ts";
import type { ArtifactInfo } from "../../store/mod.ts";
import { train } from "../../training/mod.ts";
import { artifactPlace, CheckpointMeta, storedLocation } from "../../models/mod.ts";
import { pythonInterpreter } from "../host.ts";
import { checkpointMeta, checkpointMetrics } from "../train/checkpoint_artifact.ts";
import { trainerEnvironment } from "../train/trainer_environment.ts";
import { TrainingProgress } from "../train/training_progress.ts";
import { findMade, folderOf, keepMade, type Wanted } from "./made.ts";
import type { LaboratoryParts } from "./parts.ts";

/**
 * The model of a request, found or trained with the settings of the run that is ablated; reward models of all kinds take those of its
 * PPM. What serves models is ended first: training needs its memory.
 */
export async function makeModel(request: TrainRequest, parts: LaboratoryParts): Promise<Model> {
  const { key, kind, data, base, seed, steps } = request;
  const { store, config, run, found: { source } } = parts;
  const preset = kind === "sft" ? source.training.sft : source.training.ppm;
  const settings = steps === undefined ? preset : { ...preset, maxSteps: steps };
  const wanted: Wanted = {
    runNo: run.runNo,
    key,
    lastFile: "config.json",
    inputs: { kind, data: data.artifactId, base: base.artifactId, seed, settings: { ...settings } },
  };
  const before = await findMade(store, config.db, wanted);
  if (before !== null) return storedModel(config.db, before);
  await parts.server.release();
  const output = folderOf(wanted, { db: config.db, run: run.name });
  const { summary } = await runTrainer({
    kind,
    output,
    settings,
    data: data.path,
    base: base.folder,
    seed: hashSeed("ablation", kind, seed),
  }, { ...parts, key });
  const made = {
    kind: "checkpoint",
    roundNo: source.round,
    role: kind === "sft" ? "policy" : kind,
    location: storedLocation(config.db, output),
    meta: checkpointMeta(settings, summary),
  } as const;
  const artifactId = await keepMade(store, wanted, {
    ...made,
    sha256: summary?.sha256 ?? null,
    rows: null,
    parents: [data.artifactId, base.artifactId],
    metrics: checkpointMetrics(summary),
  });
  return storedModel(config.db, { ...made, artifactId });
}

async function runTrainer(
  request: Parameters<typeof train>[0],
  { config, reporter, interrupts, run, key }: LaboratoryParts & { readonly key: string },
) {
  const { command, accelerate } = config.trainer;
  const signal = interrupts.stopAdmitting;
  const progress = new TrainingProgress((text) => reporter.say(text));
  reporter.begin(`${run.name}: training ${key}`);
  reporter.progress(() => progress.picture());
  // Without its row it never happened: the process died between the two.
  await Deno.remove(request.output, { recursive: true }).catch((error: unknown) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  return await train(request, {
    interpreter: await pythonInterpreter("models", {
      torch: config.torch,
      onProgress: (text) => reporter.say(text),
      signal,
    }),
    command,
    accelerate,
    signal,
    env: trainerEnvironment(command !== undefined),
    onEvent: (event) => progress.take(event),
    onLine: command === undefined ? () => {} : (line) => reporter.say(`trainer: ${line}`),
  });
}

/** A checkpoint of a run, as its row names it. */
export function storedModel(
  db: string,
  artifact: Pick<ArtifactInfo, "artifactId" | "location" | "role" | "roundNo" | "meta">,
): Model {
  const calibration = CheckpointMeta.safeParse(artifact.meta).data?.calibration ?? null;
  return {
    artifactId: artifact.artifactId,
    round: artifact.roundNo ?? 0,
    folder: artifactPlace(db, artifact),
    calibration: calibration && { bias: calibration.b, scale: calibration.tau },
  };
}
