/** Artifacts of an ablation: what was made under a key from the same inputs is found again. */
import { join, resolve } from "node:path";
import { z } from "zod";
import { hashJson, type Json } from "../../core/mod.ts";
import type { ArtifactInfo, ArtifactRequest, ArtifactStore } from "../../store/mod.ts";
import { artifactPlace, runFolder } from "../../models/mod.ts";

const Mark = z.object({ ablation: z.object({ key: z.string(), inputs: z.string() }) });

/** Artifact that is to be made. */
export interface Wanted {
  readonly runNo: number;
  readonly key: string;
  /** Everything that it follows from. */
  readonly inputs: Json;
  /** A file in its folder that is there when it is whole. */
  readonly lastFile: string;
}

/** An artifact without what the ablation adds. */
export type Made = Omit<ArtifactRequest, "meta" | "runNo"> & {
  readonly meta: Readonly<Record<string, Json>>;
};

/** Folder of an artifact, beside the database: two artifacts of one key never share one. */
export function folderOf(
  wanted: Wanted,
  { db, run }: { readonly db: string; readonly run: string },
): string {
  return join(runFolder(resolve(db), run), `${wanted.key}-${inputsHash(wanted)}`);
}

function inputsHash({ inputs }: Pick<Wanted, "inputs">): string {
  return hashJson(inputs).slice(0, 10);
}

/** Finds the wanted artifact if it was made before and its files are still there; `null` otherwise. */
export async function findMade(
  store: ArtifactStore,
  db: string,
  wanted: Wanted,
): Promise<ArtifactInfo | null> {
  const { runNo, key, lastFile } = wanted;
  const inputs = inputsHash(wanted);
  const found = (await store.artifacts({ runNo })).findLast(({ meta }) => {
    const mark = Mark.safeParse(meta).data?.ablation;
    return mark?.key === key && mark.inputs === inputs;
  });
  if (found === undefined) return null;
  const isThere = await Deno.stat(join(artifactPlace(db, found), lastFile)).then(
    ({ isFile }) => isFile,
    (error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    },
  );
  return isThere ? found : null;
}

/** Keeps what was made; returns its number. */
export async function keepMade(
  store: ArtifactStore,
  wanted: Wanted,
  made: Made,
): Promise<number> {
  return await store.addArtifact({
    ...made,
    runNo: wanted.runNo,
    meta: { ...made.meta, ablation: { key: wanted.key, inputs: inputsHash(wanted) } },
  });
}
