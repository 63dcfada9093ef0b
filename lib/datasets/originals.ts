/**
 * The originals of published sets: where each file comes from, what it must be, and how a download becomes it. The pins stand in
 * `fixtures/problems/sources.json`.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { DatasetError, sha256 } from "../core/mod.ts";
import { concatBytes } from "./_bytes.ts";

/** How the downloads of a set become its file: as they are, or JSON arrays that are joined and written one object a line. */
export const ORIGINAL_FORMS = ["jsonl", "json-arrays"] as const;

/** A data set as its authors publish it, with the size and hash of every download. */
export const Original = z.strictObject({
  name: z.string(),
  form: z.enum(ORIGINAL_FORMS),
  rows: z.int().min(1),
  bytes: z.int().min(1),
  /** Of the file that the downloads become. */
  sha256: z.string().length(64),
  licence: z.string(),
  origin: z.string(),
  /** Name under which the converted set is found; `null` for one that ships whole. */
  fetchedAs: z.string().nullable(),
  downloads: z.array(z.strictObject({
    url: z.url({ protocol: /^https$/ }),
    /** Git's own checksum: sha1 of `blob <bytes>\0` and the bytes. */
    gitBlobSha1: z.string().length(40),
  })).min(1),
});

/** A data set as its authors publish it, with the size and hash of every download. */
export type Original = z.infer<typeof Original>;

/** The pins' part of `sources.json`. */
const Pins = z.object({ originals: z.array(Original) });

/** Every pinned original. */
export async function pinnedOriginals(fixtures: string): Promise<readonly Original[]> {
  const path = join(fixtures, "problems", "sources.json");
  return Pins.parse(JSON.parse(await Deno.readTextFile(path))).originals;
}

/** Whether bytes are the download that a pin names. */
export function isPinnedDownload(
  bytes: Uint8Array,
  { gitBlobSha1 }: Original["downloads"][number],
): boolean {
  const hash = createHash("sha1").update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
  return hash === gitBlobSha1;
}

/**
 * The file of an original, from its downloads in order.
 *
 * @throws {DatasetError} If it is not the file that is pinned.
 */
export function assembleOriginal(original: Original, downloads: readonly Uint8Array[]): Uint8Array {
  const bytes = original.form === "jsonl" ? concatBytes(downloads) : asLines(original, downloads);
  if (sha256(bytes) === original.sha256) return bytes;
  throw new DatasetError(
    original.name,
    null,
    `Cannot use the original of "${original.name}": expected sha256 ${original.sha256}, got ${
      sha256(bytes)
    }`,
  );
}

function asLines({ name }: Original, downloads: readonly Uint8Array[]): Uint8Array {
  const rows = downloads.flatMap((bytes) => {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(value)) return value;
    throw new DatasetError(
      name,
      null,
      `Cannot use the original of "${name}": expected JSON arrays`,
    );
  });
  return new TextEncoder().encode(rows.map((row) => `${spacedJson(row)}\n`).join(""));
}

/** JSON with a space after every comma and colon: how the pinned checksums were taken (Python's default, text not escaped). */
function spacedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([k, v]) => `${JSON.stringify(k)}: ${spacedJson(v)}`);
  return `{${fields.join(", ")}}`;
}
