/**
 * Makes `fixtures/problems/` from a folder of originals (`sources.json` and the files it names):
 *
 *   deno task data --convert FOLDER
 */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { z } from "zod";
import { DatasetError, sha256 } from "../core/mod.ts";
import { CONVERTIBLE_SETS, convertRow } from "./convert.ts";
import { OVERRIDES_VERSION } from "./overrides.ts";
import type { ShippedSet } from "./dataset.ts";

/** Pins of the originals, as far as they are used. */
const Originals = z.object({
  datasets: z.array(z.object({
    name: z.string(),
    file: z.string(),
    sha256: z.string(),
    repo: z.string(),
    commit: z.string(),
    licence: z.string(),
  })),
});

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
  for (const pin of pins.datasets.filter(({ name }) => CONVERTIBLE_SETS.includes(name))) {
    const path = join(originals, pin.file);
    const bytes = await Deno.readFile(path);
    if (sha256(bytes) !== pin.sha256) {
      throw new DatasetError(path, null, `Cannot use "${path}": expected sha256 ${pin.sha256}`);
    }
    sets.push(await shipSet(pin, new TextDecoder().decode(bytes), options.folder));
  }

  await Deno.writeTextFile(
    join(options.folder, "sources.json"),
    JSON.stringify({ overrides: OVERRIDES_VERSION, sets }, null, 1) + "\n",
  );
  return sets;
}

async function shipSet(
  pin: z.infer<typeof Originals>["datasets"][number],
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
