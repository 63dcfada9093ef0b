import { join } from "node:path";
import { z } from "zod";
import type { SynthConfig } from "../../config/mod.ts";
import { ConfigError, parseJson, type PpmCalibration } from "../../core/mod.ts";

/** Note that training leaves in a checkpoint folder, as far as it is looked at here. */
const CheckpointNote = z.object({
  calibration: z.object({ b: z.number(), tau: z.number().positive() }).nullish(),
});

/**
 * Scale of the PPM that a user asked for, or that training left with the checkpoint.
 *
 * @param folder Folder of the PPM; `null` with an endpoint.
 * @returns `null` where neither says one: plain tanh.
 * @throws {ConfigError} If the checkpoint's note cannot be read.
 */
export async function ppmCalibration(
  { ppmBias, ppmScale }: Pick<SynthConfig, "ppmBias" | "ppmScale">,
  folder: string | null,
): Promise<PpmCalibration | null> {
  const trained = folder === null ? null : await trainedCalibration(folder);
  if (ppmBias === undefined && ppmScale === undefined) return trained;
  return { bias: ppmBias ?? trained?.bias ?? 0, scale: ppmScale ?? trained?.scale ?? 1 };
}

async function trainedCalibration(folder: string): Promise<PpmCalibration | null> {
  const path = join(folder, "rstar.json");
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const note = CheckpointNote.safeParse(parseJson(text));
  if (!note.success) {
    throw new ConfigError(
      `Cannot use the PPM's note "${path}": expected calibration {b, tau} in it; train the PPM again, or give ` +
        "--ppm-bias and --ppm-scale and remove the file",
    );
  }
  const { calibration } = note.data;
  return calibration ? { bias: calibration.b, scale: calibration.tau } : null;
}
