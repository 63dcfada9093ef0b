import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { z } from "zod";
import { hashJson, type Json, sha256, UsageError } from "../core/mod.ts";
import { PROJECT_ROOT } from "../process/mod.ts";
import type { ModelSource } from "./model_source.ts";

/** Files besides the weights that make a checkpoint what it is. */
const DESCRIPTION = ["config.json", "tokenizer.json"];

/** Smaller files are hashed faster than a remembered hash is looked up and trusted. */
const REMEMBERED_BYTES = 64 << 20;

/** A file may be written again within the resolution of its time stamp; a hash of one so young is not remembered. */
const SETTLED_MS = 2_000;

/**
 * Identity of a local checkpoint: equal weights are the same model, wherever they lie. Sharded weights count shard by shard.
 *
 * @param cache Folder that remembers the hashes of large files.
 * @throws {UsageError} If the folder does not exist or holds no weights.
 */
export async function checkpointIdentity(
  folder: string,
  cache = join(PROJECT_ROOT, ".rstar", "hashes"),
): Promise<Json> {
  const hashes: Record<string, string> = {};
  for (const name of await checkpointFiles(folder)) {
    hashes[name] = await fileHash(join(folder, name), cache);
  }
  return { checkpoint: hashJson(hashes) };
}

const Weights = z.object({ checkpoint: z.string() });

/** Hash of the weights that an identity names; `null` for a model that is known by its name alone. */
export function hashOfWeights(identity: Json): string | null {
  return Weights.safeParse(identity).data?.checkpoint ?? null;
}

/** How a model behind endpoints is asked, as far as that makes another model of it. */
export interface AskedAs {
  /** Name that it was found to be served under. */
  readonly model?: string | undefined;
  /** Fields added to every request. */
  readonly extraBody?: Readonly<Record<string, Json>> | undefined;
}

/** Identity of a model: a checkpoint by its content, one behind endpoints by its name and the fields that are added to its requests. */
export async function identityOfSource(
  source: ModelSource,
  { model, extraBody = {} }: AskedAs = {},
): Promise<Json> {
  if (source.kind === "folder") return await checkpointIdentity(source.folder);
  return {
    model: model ?? source.model,
    // Absent where there are none: so it was stored before there could be any.
    ...(Object.keys(extraBody).length === 0 ? {} : { extraBody }),
  };
}

/**
 * Names of the files that make a local checkpoint what it is; nothing is read.
 *
 * @throws {UsageError} If the folder does not exist or holds no weights.
 */
export async function checkpointFiles(folder: string): Promise<readonly string[]> {
  const names = await fileNames(folder);
  const weights = names.filter((name) => /\.(safetensors|bin)$/.test(name));
  const safe = weights.filter((name) => name.endsWith(".safetensors"));
  const used = safe.length > 0 ? safe : weights;
  if (used.length > 0) return [...DESCRIPTION.filter((name) => names.includes(name)), ...used];
  throw new UsageError(
    `Cannot use checkpoint "${folder}": expected weights (*.safetensors), got none; name a folder in Hugging Face format`,
  );
}

async function fileNames(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) {
      throw error;
    }
    throw new UsageError(
      `Cannot use checkpoint "${folder}": there is no such folder; name one in Hugging Face format`,
      { cause: error },
    );
  }
}

const Remembered = z.strictObject({
  path: z.string(),
  size: z.int(),
  modifiedMs: z.number(),
  sha256: z.string().length(64),
});

async function fileHash(path: string, cache: string): Promise<string> {
  const { size, mtime } = await Deno.stat(path);
  const modifiedMs = mtime?.getTime() ?? null;
  if (size < REMEMBERED_BYTES || modifiedMs === null) return await streamedHash(path);
  const key = { path: resolve(path), size, modifiedMs };
  const note = join(cache, `${sha256(key.path)}.json`);
  const known = await remembered(note);
  if (known !== null && known.size === size && known.modifiedMs === modifiedMs) return known.sha256;
  const hash = await streamedHash(path);
  if (Date.now() - modifiedMs > SETTLED_MS) {
    await Deno.mkdir(cache, { recursive: true });
    await Deno.writeTextFile(`${note}.new`, JSON.stringify({ ...key, sha256: hash }));
    await Deno.rename(`${note}.new`, note);
  }
  return hash;
}

async function remembered(note: string): Promise<z.infer<typeof Remembered> | null> {
  try {
    const result = Remembered.safeParse(JSON.parse(await Deno.readTextFile(note)));
    return result.success ? result.data : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Bytes that are read at a time. */
const CHUNK_BYTES = 1 << 20;

async function streamedHash(path: string): Promise<string> {
  using file = await Deno.open(path);
  const hash = createHash("sha256");
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
    hash.update(buffer.subarray(0, read));
  }
  return hash.digest("hex");
}
