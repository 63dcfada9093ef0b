import { join } from "node:path";
import { z } from "zod";
import type { DataFile, DataRequest, Model } from "../../ablation/mod.ts";
import { UsageError } from "../../core/mod.ts";
import {
  countTrees,
  EXPORT_MANIFEST,
  type ExportManifest,
  type ExportOptions,
  OWN_FILES,
} from "../../export/mod.ts";
import { artifactPlace, storedLocation } from "../../models/mod.ts";
import { asJson } from "../as_json.ts";
import { findMade, folderOf, keepMade, type Wanted } from "./made.ts";
import type { LaboratoryParts } from "./parts.ts";

/** Work that makes data. */
export interface DataWork<Rules> {
  readonly kind: "sft" | "pairs";
  readonly request: DataRequest<Rules>;
  readonly write: (options: ExportOptions<Rules>) => Promise<ExportManifest>;
  /** Models that grew the trees. */
  readonly searchers: readonly Model[];
}

/**
 * Data of a request, found or written.
 *
 * @throws {UsageError} If the trees give none.
 */
export async function makeData<Rules>(
  { kind, request, write, searchers }: DataWork<Rules>,
  parts: LaboratoryParts,
): Promise<DataFile> {
  const { store, config, interrupts, reporter, run, found } = parts;
  const { key, trees, rules, only } = request;
  const wanted: Wanted = {
    runNo: run.runNo,
    key,
    lastFile: EXPORT_MANIFEST,
    inputs: {
      kind,
      rules: asJson(rules),
      runNo: trees.runNo,
      rounds: [...trees.rounds],
      trees: (await countTrees(store, trees)).trees,
      only: only === undefined ? null : [...only].sort(),
    },
  };
  const path = (folder: string) => join(folder, OWN_FILES[kind]);
  const before = await findMade(store, config.db, wanted);
  if (before !== null) {
    const { artifactId, rows } = before;
    return { artifactId, rows: rows ?? 0, path: path(artifactPlace(config.db, before)) };
  }
  reporter.begin(`${run.name}: ${key}`);
  const folder = folderOf(wanted, { db: config.db, run: run.name });
  const manifest = await write({
    folder,
    source: trees,
    rules,
    signal: interrupts.stopAdmitting,
    ...(only === undefined ? {} : { only }),
    decontaminator: await parts.decontaminator(),
  });
  if (manifest.rows === 0) throw nothingToTrainOn(key, manifest.dropped);
  const artifactId = await keepMade(store, wanted, {
    kind,
    roundNo: found.source.round,
    role: kind === "sft" ? "policy" : "ppm",
    location: storedLocation(config.db, folder),
    sha256: manifest.files.find(({ name }) => name === OWN_FILES[kind])?.sha256 ?? null,
    rows: manifest.rows,
    meta: z.record(z.string(), z.json()).parse(asJson(manifest)),
    parents: searchers.map((model) => model.artifactId),
  });
  return { artifactId, rows: manifest.rows, path: path(folder) };
}

function nothingToTrainOn(key: string, dropped: Readonly<Record<string, number>>): UsageError {
  const reasons = Object.entries(dropped).map(([reason, count]) => `${count} ${reason}`).join(", ");
  return new UsageError(
    `Cannot train on "${key}": nothing is left (${
      reasons || "no trees"
    }); take more problems, or another round`,
  );
}
