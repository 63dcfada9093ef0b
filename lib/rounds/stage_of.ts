import { z } from "zod";
import type { ArtifactInfo } from "../store/artifact_store.ts";

const Mark = z.object({ stage: z.string() });

/**
 * Which stage of a run of rounds made an artifact: `sft`, `policy`, `pairs`, `ppm`, or `bootstrap` for the model that was given; `null`
 * for what others keep of a round (`deno task export`).
 */
export function stageOf({ meta }: Pick<ArtifactInfo, "meta">): string | null {
  return Mark.safeParse(meta).data?.stage ?? null;
}
