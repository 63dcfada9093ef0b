import { join } from "node:path";
import { z } from "zod";
import { ConfigError, DEFAULT_CALIBRATION, parseJson, type PpmCalibration } from "../core/mod.ts";
import type { ArtifactInfo } from "../store/mod.ts";
import { CheckpointSummary } from "../training/mod.ts";
import type { ModelSource } from "./model_source.ts";

/** Facts about a trained checkpoint that are kept beside its place and hash. */
export const CheckpointMeta = CheckpointSummary.pick({
  calibration: true,
  heldOut: true,
  tokens: true,
  steps: true,
});

/** Facts about a trained checkpoint that are kept beside its place and hash. */
export type CheckpointMeta = z.infer<typeof CheckpointMeta>;

/** Scale of a PPM as training leaves it. */
const TrainedScale = z.object({ b: z.number(), tau: z.number().positive() });

/** Note that training leaves in a checkpoint's folder, as far as it is looked at here. */
const CheckpointNote = z.object({ calibration: TrainedScale.nullish() });

/** The same in a checkpoint's row; `null` where training found none. */
const CheckpointRow = z.object({ calibration: TrainedScale.nullable() });

/** Scale of a PPM as a user gives it; each half that is not given is the checkpoint's. */
export interface ScaleSettings {
  readonly ppmBias?: number | undefined;
  readonly ppmScale?: number | undefined;
}

/**
 * Scale of the PPM that a user asked for, or that training left with the checkpoint.
 *
 * @param source Where the PPM is.
 * @returns `null` where neither says one: plain tanh.
 * @throws {ConfigError} If the checkpoint's note cannot be read.
 */
export async function ppmCalibration(
  settings: ScaleSettings,
  source: ModelSource | null,
): Promise<PpmCalibration | null> {
  return withScale(settings, source?.kind === "folder" ? await scaleOfFolder(source.folder) : null);
}

/**
 * Scale of a stored PPM: as {@linkcode ppmCalibration}, but its row says what training left, wherever it is served.
 *
 * @throws {ConfigError} If there is no row, and the checkpoint's note cannot be read.
 */
export async function storedCalibration(
  settings: ScaleSettings,
  source: ModelSource | null,
  artifact: ArtifactInfo | null,
): Promise<PpmCalibration> {
  const row = CheckpointRow.safeParse(artifact?.meta);
  const found = row.success
    ? withScale(settings, asCalibration(row.data))
    : await ppmCalibration(settings, source);
  return found ?? DEFAULT_CALIBRATION;
}

/** A PPM as it is served. One without a scale of its own is used on that of the paper, and said to be. */
export function servedPpm(
  artifact: ArtifactInfo,
  { location, warn }: { readonly location: string; readonly warn: (line: string) => void },
): { readonly location: string; readonly calibration: PpmCalibration } {
  const meta = CheckpointMeta.safeParse(artifact.meta);
  const calibration = meta.success ? asCalibration(meta.data) : null;
  if (calibration === null) {
    warn(
      `The PPM of round ${artifact.roundNo} has no scale of its own: there were too few held-out pairs, or it orders them no better ` +
        "than chance; its logits are used as they are (tanh)",
    );
  }
  return { location, calibration: calibration ?? DEFAULT_CALIBRATION };
}

function withScale(
  { ppmBias, ppmScale }: ScaleSettings,
  trained: PpmCalibration | null,
): PpmCalibration | null {
  if (ppmBias === undefined && ppmScale === undefined) return trained;
  return {
    bias: ppmBias ?? trained?.bias ?? DEFAULT_CALIBRATION.bias,
    scale: ppmScale ?? trained?.scale ?? DEFAULT_CALIBRATION.scale,
  };
}

function asCalibration({ calibration }: z.infer<typeof CheckpointNote>): PpmCalibration | null {
  return calibration ? { bias: calibration.b, scale: calibration.tau } : null;
}

async function scaleOfFolder(folder: string): Promise<PpmCalibration | null> {
  const path = join(folder, "rstar.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const note = CheckpointNote.safeParse(parseJson(text));
  if (note.success) return asCalibration(note.data);
  throw new ConfigError(
    `Cannot use the PPM's note "${path}": expected calibration {b, tau} in it; train the PPM again, or give ` +
      "--ppm-bias and --ppm-scale and remove the file",
  );
}
