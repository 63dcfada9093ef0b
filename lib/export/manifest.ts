import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../core/mod.ts";

/** Name of the file that is written last: its presence means that the export is whole. */
export const EXPORT_MANIFEST = "manifest.json";

/** Formats in which data is written. `own` is what our trainer reads. */
export const EXPORT_FORMATS = ["own", "trl", "released"] as const;

/** Format in which data is written. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What an export holds and where it came from. */
export const ExportManifest = z.strictObject({
  version: z.literal(1),
  kind: z.enum(["sft", "pairs"]),
  files: z.array(z.strictObject({
    name: z.string(),
    format: z.enum(EXPORT_FORMATS),
    rows: z.int(),
    bytes: z.int(),
    sha256: z.string(),
  })),
  /** Traces, or groups of pairs. */
  rows: z.int(),
  /** Positive-negative pairs in the groups; equal to `rows` for traces. */
  pairs: z.int(),
  /** Problems that gave at least one row. */
  problems: z.int(),
  /** What was left out, by reason. */
  dropped: z.record(z.string(), z.int()),
  /** Counts beside: difficulty of the problems, mean length of traces in steps, groups by kind. */
  counts: z.record(z.string(), z.number()),
  /** Rules it was made by, as `rules.ts` names them. */
  rules: z.record(z.string(), z.unknown()),
  source: z.strictObject({
    runNo: z.int(),
    rounds: z.array(z.int()),
    trees: z.int(),
    nodes: z.int(),
  }),
});

/** What an export holds and where it came from. */
export type ExportManifest = Readonly<z.infer<typeof ExportManifest>>;

/**
 * Reads the manifest of an export.
 *
 * @throws {UsageError} If there is none: the export is missing, or was interrupted.
 */
export async function readExportManifest(folder: string): Promise<ExportManifest> {
  const path = join(folder, EXPORT_MANIFEST);
  try {
    return ExportManifest.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      `Cannot use export "${folder}": expected a ${EXPORT_MANIFEST}, got none; export again`,
      { cause: error },
    );
  }
}
