/** Where the base of a run is: the only model of it that lies outside the database's folder. */
import { UsageError } from "../core/mod.ts";
import type { ArtifactInfo } from "../store/mod.ts";
import { DEFAULT_POLICY } from "./default_policy.ts";
import { checkpointFiles, checkpointIdentity, hashOfWeights } from "./identity.ts";

/**
 * The folder of a base. Equal weights are the same model, wherever they lie: a folder that is named is taken if it holds them, and so is
 * the model that ships, so that a database can be read elsewhere than where it was made. Else the base is where it was. A name that only
 * a serving hook understands is returned as it is.
 *
 * @param artifact Row of the base.
 * @param named Folder that the user named.
 * @throws {UsageError} If other weights are named, or nothing can be read where the base was.
 */
export async function baseFolder(
  { location, sha256 }: Pick<ArtifactInfo, "location" | "sha256">,
  named: string | undefined,
): Promise<string> {
  if (sha256 === null && (named === undefined || named === location)) return location;
  if (named !== undefined) {
    if (await hashOfFolder(named) === sha256) return named;
    throw new UsageError(
      `Cannot use "${named}" as the base: the run began with "${location}", which is another model; give its folder`,
    );
  }
  if (await hashOfFolder(DEFAULT_POLICY) === sha256) return DEFAULT_POLICY;
  try {
    await checkpointFiles(location);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof Deno.errors.NotCapable)) throw error;
    throw new UsageError(
      `Cannot use the base of the run, "${location}": it is not there, or the command may not read it unless it is named; ` +
        "give its folder with --base",
      { cause: error },
    );
  }
  return location;
}

async function hashOfFolder(folder: string): Promise<string | null> {
  return hashOfWeights(await checkpointIdentity(folder));
}
