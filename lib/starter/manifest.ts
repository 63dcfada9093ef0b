/** Manifest of the shipped starter world, with checksums and the measured figures of the base models. */
import { join } from "node:path";
import { z } from "zod";
import { sha256 } from "../core/mod.ts";
import { BaseFigures } from "./base_check.ts";

/** One shipped file. */
export const ManifestFile = z.strictObject({
  /** Relative to the manifest's folder. */
  path: z.string(),
  sha256: z.string().length(64),
  bytes: z.number().int(),
});

/** One shipped file. */
export type ManifestFile = z.infer<typeof ManifestFile>;

/** A shipped base model. */
export const ManifestModel = z.strictObject({
  /** Folder of the checkpoint, relative to the manifest. */
  folder: z.string(),
  parameters: z.number().int(),
  /** Mean training loss over the last hundred steps. */
  loss: z.number(),
  /** Problem set of the figures. */
  measuredOn: z.string(),
  figures: BaseFigures.nullable(),
});

/** A shipped base model. */
export type ManifestModel = z.infer<typeof ManifestModel>;

/** The manifest of the starter world. */
export const StarterManifest = z.strictObject({
  generatorVersion: z.number().int(),
  seed: z.number().int(),
  files: z.array(ManifestFile),
  models: z.record(z.string(), ManifestModel),
});

/** The manifest of the starter world. */
export type StarterManifest = z.infer<typeof StarterManifest>;

/** Checksums of all files under a folder's given paths, in the order of their names. */
export async function manifestFiles(
  folder: string,
  paths: readonly string[],
): Promise<ManifestFile[]> {
  return await Promise.all(
    paths.toSorted().map(async (path) => {
      const bytes = await Deno.readFile(join(folder, path));
      return { path, sha256: sha256(bytes), bytes: bytes.length };
    }),
  );
}

/**
 * Reads a manifest.
 *
 * @throws {z.ZodError} If it is not one.
 */
export async function readManifest(folder: string): Promise<StarterManifest> {
  return StarterManifest.parse(JSON.parse(await Deno.readTextFile(join(folder, MANIFEST_NAME))));
}

/** Writes a manifest. It is written last: a folder that has one is complete. */
export async function writeManifest(folder: string, manifest: StarterManifest): Promise<void> {
  const text = JSON.stringify(StarterManifest.parse(manifest), null, 2);
  await Deno.writeTextFile(join(folder, MANIFEST_NAME), `${text}\n`);
}

const MANIFEST_NAME = "manifest.json";

/**
 * How far a figure of a retrained model may lie from the shipped one. Training is not bit-reproducible between machines (thread
 * counts and vector units change the order of sums), so models are compared by what they do.
 */
export const FIGURE_TOLERANCE = 0.12;

/**
 * Differences between a reproduced starter world and the shipped one, as sentences; empty when it is the same.
 * Problem files must be equal byte for byte; figures within {@linkcode FIGURE_TOLERANCE}.
 */
export function compareManifests(made: StarterManifest, shipped: StarterManifest): string[] {
  const differences: string[] = [];
  if (made.generatorVersion !== shipped.generatorVersion) {
    differences.push(
      `Generator version ${made.generatorVersion}, shipped ${shipped.generatorVersion}`,
    );
  }
  const madeFiles = new Map(made.files.map((file) => [file.path, file]));
  for (const file of shipped.files.filter((file) => file.path.endsWith(".jsonl"))) {
    if (madeFiles.get(file.path)?.sha256 !== file.sha256) {
      differences.push(`Problem file "${file.path}" differs from the shipped one`);
    }
  }
  for (const [name, model] of Object.entries(shipped.models)) {
    differences.push(...compareFigures(name, { made: made.models[name], shipped: model }));
  }
  return differences;
}

function compareFigures(
  name: string,
  models: { readonly made: ManifestModel | undefined; readonly shipped: ManifestModel },
): string[] {
  const { made, shipped } = models;
  if (made === undefined) return [`Model "${name}" was not made`];
  if (made.figures === null || shipped.figures === null) return [];
  const figures = made.figures;
  return shipped.figures.levels.flatMap((expected) => {
    const actual = figures.levels.find((level) => level.level === expected.level);
    if (actual === undefined) {
      return [`Model "${name}" was not measured at level ${expected.level}`];
    }
    return (["greedy", "sampled", "solved"] as const).flatMap((key) =>
      Math.abs(actual[key] - expected[key]) <= FIGURE_TOLERANCE ? [] : [
        `Model "${name}", level ${expected.level}: ${key} is ${actual[key].toFixed(3)}, ` +
        `shipped ${expected[key].toFixed(3)}`,
      ]
    );
  });
}
