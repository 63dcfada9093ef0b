/**
 * Makes `fixtures/problems/` from a folder of originals (`sources.json` and the files it names):
 *
 *   deno task data --convert FOLDER
 */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { z } from "zod";
import { DatasetError, sha256 } from "../core/mod.ts";
import { convertRow, SHIPPED_SETS } from "./convert.ts";
import { OVERRIDES_VERSION } from "./overrides.ts";
import type { ShippedSet } from "./shipped_set.ts";
import type { Original } from "./originals.ts";

/** Pins of the originals, as far as they are used. */
const Originals = z.object({
  datasets: z.array(z.object({
    name: z.string(),
    file: z.string(),
    sha256: z.string(),
    repo: z.string(),
    commit: z.string(),
    licence: z.string(),
    rows: z.int(),
    bytes: z.int(),
    sources: z.array(z.object({ raw_url: z.string(), git_blob_sha1: z.string() })),
    conversion: z.object({ kind: z.literal("json-array-to-jsonl") }).nullable(),
  })),
});

type Pin = z.infer<typeof Originals>["datasets"][number];

/** Names of the sets that ship in part or not at all: converted whole under these when they are fetched. */
const FETCHED_AS: Readonly<Record<string, string>> = {
  college_math: "college_math_full",
  gaokao2023en: "gaokao2023en",
};

function pinOf(pin: Pin): Original {
  return {
    name: pin.name,
    form: pin.conversion === null ? "jsonl" : "json-arrays",
    rows: pin.rows,
    bytes: pin.bytes,
    sha256: pin.sha256,
    licence: pin.licence,
    origin: `${pin.repo}@${pin.commit}`,
    fetchedAs: FETCHED_AS[pin.name] ?? null,
    downloads: pin.sources.map(({ raw_url, git_blob_sha1 }) => ({
      url: raw_url,
      gitBlobSha1: git_blob_sha1,
    })),
  };
}

/** Files above this are shipped compressed. */
const COMPRESS_BYTES = 500_000;

/**
 * Converts every set whose licence allows to ship it.
 *
 * @throws {DatasetError} If an original is missing or its checksum is wrong.
 */
export async function shipOriginals(
  originals: string,
  options: { readonly folder: string },
): Promise<readonly ShippedSet[]> {
  const pins = Originals.parse(
    JSON.parse(await Deno.readTextFile(join(originals, "sources.json"))),
  );
  const sets: ShippedSet[] = [];
  for (const pin of pins.datasets.filter(({ name }) => SHIPPED_SETS.includes(name))) {
    const path = join(originals, pin.file);
    const bytes = await Deno.readFile(path);
    if (sha256(bytes) !== pin.sha256) {
      throw new DatasetError(path, null, `Cannot use "${path}": expected sha256 ${pin.sha256}`);
    }
    sets.push(await shipSet(pin, new TextDecoder().decode(bytes), options.folder));
  }
  await Deno.writeTextFile(
    join(options.folder, "sources.json"),
    JSON.stringify(
      { overrides: OVERRIDES_VERSION, sets, originals: pins.datasets.map(pinOf) },
      null,
      1,
    ) + "\n",
  );
  return sets;
}

async function shipSet(
  pin: Pin,
  text: string,
  folder: string,
): Promise<ShippedSet> {
  const dropped: Record<string, number> = {};
  const lines: string[] = [];
  for (const [line, source] of text.trimEnd().split("\n").entries()) {
    const result = convertRow(
      pin.name,
      z.record(z.string(), z.unknown()).parse(JSON.parse(source)),
      line,
    );
    if ("dropped" in result) dropped[result.dropped] = (dropped[result.dropped] ?? 0) + 1;
    else lines.push(JSON.stringify(result));
  }
  const plain = new TextEncoder().encode(lines.join("\n") + "\n");
  const isLarge = plain.byteLength > COMPRESS_BYTES;
  const bytes = isLarge ? new Uint8Array(gzipSync(plain, { level: 9 })) : plain;
  const file = `${pin.name}.jsonl${isLarge ? ".gz" : ""}`;
  await Deno.writeFile(join(folder, file), bytes);
  return {
    name: pin.name,
    file,
    rows: lines.length,
    sha256: sha256(bytes),
    licence: pin.licence,
    origin: `${pin.repo}@${pin.commit}`,
    dropped,
  };
}
