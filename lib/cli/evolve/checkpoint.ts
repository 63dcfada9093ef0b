import type { z } from "zod";
import { DEFAULT_CALIBRATION } from "../../core/mod.ts";
import type { ArtifactInfo } from "../../store/mod.ts";
import { CheckpointSummary } from "../../training/mod.ts";
import type { ServedRound } from "./models.ts";
import type { StageParts } from "./stage_parts.ts";

/** Facts about a trained checkpoint that are kept beside its place and hash. */
export const CheckpointMeta = CheckpointSummary.pick({
  calibration: true,
  heldOut: true,
  tokens: true,
  steps: true,
});

/** Facts about a trained checkpoint that are kept beside its place and hash. */
export type CheckpointMeta = z.infer<typeof CheckpointMeta>;

/** A PPM as it is served. One without a scale of its own is used on that of the paper, and said to be. */
export function servedPpm(
  artifact: ArtifactInfo,
  { folders, display }: Pick<StageParts, "folders" | "display">,
): NonNullable<ServedRound["ppm"]> {
  const location = folders.place(artifact);
  const meta = CheckpointMeta.safeParse(artifact.meta);
  const calibration = meta.success ? meta.data.calibration : null;
  if (calibration !== null) {
    return { location, calibration: { bias: calibration.b, scale: calibration.tau } };
  }
  display.warn(
    `The PPM of round ${artifact.roundNo} has no scale of its own: there were too few held-out pairs, or it orders them no better ` +
      "than chance; its logits are used as they are (tanh)",
  );
  return { location, calibration: DEFAULT_CALIBRATION };
}
