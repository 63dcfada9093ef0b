import { z } from "zod";

/** Name of the file that is written last: its presence means that the export is whole. */
export const EXPORT_MANIFEST = "manifest.json";

/** Kinds of export: traces for fine-tuning, or preference pairs. */
export const EXPORT_KINDS = ["sft", "pairs"] as const;

/** Kind of export. */
export type ExportKind = typeof EXPORT_KINDS[number];

/**
 * Formats in which data is written. `own`, with provenance, is what our trainer reads; `trl` the prompt-completion and preference
 * formats of TRL; `released` that of microsoft/rStar.
 */
export const EXPORT_FORMATS = ["own", "trl", "released"] as const;

/** Format in which data is written. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

const counts = z.record(z.string(), z.number());

/** Contents and origin of an export. Says nothing of when or where it was made: equal stores give equal manifests. */
export const ExportManifest = z.strictObject({
  version: z.literal(1),
  kind: z.enum(EXPORT_KINDS),
  files: z.array(z.strictObject({
    name: z.string(),
    format: z.enum(EXPORT_FORMATS),
    rows: z.int(),
    bytes: z.int(),
    sha256: z.string(),
  })),
  /** Traces, or groups of pairs and parts of groups (`counts` has whole groups). */
  rows: z.int(),
  /** Positive-negative pairs in the groups; equal to `rows` for traces. */
  pairs: z.int(),
  /** Problems that gave at least one row. */
  problems: z.int(),
  /** Counts of items left out, by reason: problems (reasons that begin with `problem`), right trajectories (`sft`), prefixes (`pairs`). */
  dropped: counts,
  /** Counts beside: difficulty of problems, mean length of traces, groups by kind. */
  counts,
  /** Rules it was made by, as `rules.ts` names them. */
  rules: z.record(z.string(), z.json()),
  source: z.strictObject({
    run: z.string(),
    runNo: z.int(),
    rounds: z.array(z.int()),
    trees: z.int(),
    nodes: z.int(),
    /** Problems that it was limited to; `null` for all. */
    only: z.strictObject({ problems: z.int(), sha256: z.string() }).nullable(),
  }),
});

/** Contents and origin of an export. */
export type ExportManifest = Readonly<z.infer<typeof ExportManifest>>;
