import { z } from "zod";

/** Entry of a set that ships, or can be made from a download, in the manifest of the sets. */
export const ShippedSet = z.strictObject({
  name: z.string(),
  file: z.string(),
  rows: z.int().min(1),
  sha256: z.string().length(64),
  licence: z.string(),
  /** Where it comes from. */
  origin: z.string(),
  /** Number of rows left out of the original, by reason. */
  dropped: z.record(z.string(), z.int()),
});

/** A set that ships. */
export type ShippedSet = z.infer<typeof ShippedSet>;
