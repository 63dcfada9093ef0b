import { join } from "node:path";
import { EXPORT_MANIFEST, type ExportManifest, OWN_FILES } from "../../export/mod.ts";
import { sha256 } from "../../core/mod.ts";
import { allRows, type ArtifactStore, type DuckdbStore } from "../../store/mod.ts";
import { storedLocation } from "../../models/mod.ts";
import { asJson } from "../as_json.ts";

/** An export that is in its place. */
export interface FinishedExport {
  readonly folder: string;
  /** Model that is trained on it: `policy`, `ppm`, `outcome`, `q_regression`. */
  readonly role: string;
  readonly manifest: ExportManifest;
}

/** Keeps an export in the database, with the checkpoints whose trees it holds as its parents; returns its number. */
export async function registerExport(
  store: DuckdbStore,
  db: string,
  { folder, role, manifest }: FinishedExport,
): Promise<number> {
  const { runNo, rounds } = manifest.source;
  const own = manifest.files.find(({ name }) => name === OWN_FILES[manifest.kind]);
  return await store.addArtifact({
    kind: manifest.kind,
    runNo,
    roundNo: Math.max(...rounds),
    role,
    location: storedLocation(db, folder),
    // The hash of what our trainer reads is what its checkpoint names; without such a file, that of everything.
    sha256: own?.sha256 ?? sha256(await Deno.readFile(join(folder, EXPORT_MANIFEST))),
    rows: manifest.rows,
    meta: asJson(manifest),
    parents: await searchersOf(store, { runNo, rounds }),
  });
}

/** Checkpoints that grew the trees of these rounds: those of the rounds before; a PPM only where one was asked. */
async function searchersOf(
  store: ArtifactStore & Pick<DuckdbStore, "query">,
  { runNo, rounds }: { readonly runNo: number; readonly rounds: readonly number[] },
): Promise<readonly number[]> {
  const rows = await allRows(store.query(
    "SELECT DISTINCT round_no FROM tree WHERE run_no = $1 AND ppm_requests > 0",
    { parameters: [runNo] },
  ));
  const guided = new Set(rows.map(([round]) => Number(round)));
  const checkpoints = await store.artifacts({ runNo, kind: "checkpoint" });
  const found = rounds.flatMap((round) =>
    ["policy", "bootstrap", "ppm"].flatMap((role) => {
      if (role === "ppm" && !guided.has(round)) return [];
      if (role === "bootstrap" && round !== 1) return [];
      const newest = checkpoints.findLast((one) => one.roundNo === round - 1 && one.role === role);
      return newest === undefined ? [] : [newest.artifactId];
    })
  );
  return [...new Set(found)];
}
