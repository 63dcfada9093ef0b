import { join } from "node:path";
import type { Problem } from "../../core/mod.ts";
import {
  BASE_MODELS,
  compareManifests,
  type ManifestModel,
  type MeasureBase,
  readManifest,
  reproduceStarter,
  type StarterManifest,
} from "../../starter/mod.ts";

/** Parts that the task works with: torch, and something that measures a checkpoint. */
export interface StarterTaskParts {
  /** Interpreter with torch and transformers. */
  readonly interpreter: () => Promise<string>;
  readonly measure: MeasureBase;
  readonly readProblems: (path: string) => Promise<readonly Problem[]>;
  /** Makes the world; `reproduceStarter`, or a double. @default reproduceStarter */
  readonly reproduce?: typeof reproduceStarter;
}

/** Options of {@linkcode starterTask}. */
export interface StarterTaskOptions {
  /** Folder of the starter world that ships. */
  readonly shipped: string;
  /** Folder for the world that is made; `null` measures the shipped one. */
  readonly outFolder: string | null;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal;
}

/** Manifest of what was made or measured, and how it differs from what ships. */
export interface StarterOutcome {
  readonly manifest: StarterManifest;
  /** Sentences; empty when it is the same. */
  readonly differences: readonly string[];
}

/**
 * Makes the starter world anew, or measures the models that ship.
 *
 * @throws {InfrastructureError} If training, engine or sandbox fails.
 */
export async function starterTask(
  options: StarterTaskOptions,
  parts: StarterTaskParts,
): Promise<StarterOutcome> {
  const shipped = await readManifest(options.shipped);
  const { outFolder, onProgress, signal } = options;
  const { reproduce = reproduceStarter, measure } = parts;
  const manifest = outFolder === null ? await measured(shipped, options, parts) : await reproduce({
    outFolder,
    measure,
    onProgress,
    signal,
    interpreter: await parts.interpreter(),
  });
  return { manifest, differences: compareManifests(manifest, shipped) };
}

/** The shipped manifest with figures that are taken now. */
async function measured(
  manifest: StarterManifest,
  { shipped, onProgress }: StarterTaskOptions,
  parts: StarterTaskParts,
): Promise<StarterManifest> {
  const models: Record<string, ManifestModel> = {};
  for (const [name, { folder, validation }] of Object.entries(BASE_MODELS)) {
    const model = manifest.models[name];
    if (model === undefined) continue;
    onProgress(`Measuring "${name}" on ${validation}`);
    const problems = await parts.readProblems(join(shipped, validation));
    models[name] = { ...model, figures: await parts.measure(join(shipped, folder), problems) };
  }
  return { ...manifest, models };
}
