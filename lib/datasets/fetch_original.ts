import { basename, join } from "node:path";
import { z } from "zod";
import { DatasetError, InfrastructureError, sha256 } from "../core/mod.ts";
import { convertRow } from "./convert.ts";
import { assembleOriginal, isPinnedDownload, type Original } from "./originals.ts";

/** Options of {@linkcode fetchOriginal}. */
export interface FetchOptions {
  /** Receives `originals/` (the files), `downloads/` (their parts) and the converted sets. */
  readonly folder: string;
  readonly onProgress?: (message: string) => void;
  /** The real `fetch`, or a double. */
  readonly fetch?: (url: string, options: { readonly signal?: AbortSignal }) => Promise<Response>;
  readonly signal?: AbortSignal | undefined;
}

/** An original that is there. */
export interface FetchedOriginal {
  readonly original: Original;
  /** The original file, verified. */
  readonly path: string;
  /** The converted set; `null` for one that ships whole. */
  readonly problems: { readonly path: string; readonly rows: number } | null;
}

/**
 * Brings an original here, verifies it and converts it. What lies there already, downloaded by hand for instance, is verified
 * and used.
 *
 * @throws {DatasetError} If a file is not the one that is pinned.
 * @throws {InfrastructureError} If a download fails: with what to download by hand, and where to put it.
 */
export async function fetchOriginal(
  original: Original,
  options: FetchOptions,
): Promise<FetchedOriginal> {
  const path = join(options.folder, "originals", `${original.name}.jsonl`);
  const there = await readIfThere(path);
  const bytes = there ?? await download(original, options);
  if (there === null) await writeWhole(path, bytes);
  else if (sha256(there) !== original.sha256) throw notPinned(path, "fetches it anew");
  return { original, path, problems: await convert(original, bytes, options.folder) };
}

async function download(original: Original, options: FetchOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const [i, pin] of original.downloads.entries()) {
    const path = downloadPath(original, i, options.folder);
    const there = await readIfThere(path);
    const bytes = there ?? await request(original, i, options);
    if (!isPinnedDownload(bytes, pin)) {
      throw there === null
        ? new DatasetError(
          pin.url,
          null,
          `Cannot use what ${pin.url} sent: its checksum differs from the pinned one (${bytes.byteLength} bytes)`,
        )
        : notPinned(path, "asks for it again");
    }
    if (there === null) await writeWhole(path, bytes);
    parts.push(bytes);
  }
  return assembleOriginal(original, parts);
}

/** Where a download lies, or is to be put by hand. */
function downloadPath({ name, downloads }: Original, index: number, folder: string): string {
  const url = downloads[index]?.url ?? "";
  const number = downloads.length === 1 ? "" : `${String(index + 1).padStart(2, "0")}_`;
  return join(folder, "downloads", name, `${number}${basename(new URL(url).pathname)}`);
}

/** A download is at most so many times larger than the file it becomes. */
const MAX_GROWTH = 4;

async function request(
  original: Original,
  index: number,
  { fetch = globalThis.fetch, onProgress, signal, folder }: FetchOptions,
): Promise<Uint8Array> {
  const url = original.downloads[index]?.url ?? "";
  onProgress?.(`${original.name}: downloading ${url}`);
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    return await readBounded(response, original.bytes * MAX_GROWTH);
  } catch (error) {
    signal?.throwIfAborted();
    const lines = original.downloads.map((pin, i) =>
      `  ${pin.url}\n    as ${downloadPath(original, i, folder)}`
    );
    throw new InfrastructureError(
      "process",
      `Cannot download ${url}: ${
        error instanceof Error ? error.message : error
      }; download by hand:\n` +
        `${
          lines.join("\n")
        }\nand run the same command again: it verifies and converts what lies there`,
      { cause: error },
    );
  }
}

async function readBounded(response: Response, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new Error(`expected at most ${limit} bytes, got more`);
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

function notPinned(path: string, then: string): DatasetError {
  return new DatasetError(
    path,
    null,
    `Cannot use "${path}": its checksum differs from the pinned one; remove the file, and the same command ${then}`,
  );
}

const Row = z.record(z.string(), z.unknown());

async function convert(
  original: Original,
  bytes: Uint8Array,
  folder: string,
): Promise<FetchedOriginal["problems"]> {
  if (original.fetchedAs === null) return null;
  const problems = new TextDecoder().decode(bytes).trimEnd().split("\n").flatMap((text, line) => {
    const row = Row.parse(JSON.parse(text));
    const converted = convertRow(original.name, row, line, { keepsNonCommercial: true });
    return "dropped" in converted ? [] : [converted];
  });
  const path = fetchedPath(folder, original.fetchedAs);
  const lines = problems.map((problem) => `${JSON.stringify(problem)}\n`).join("");
  await writeWhole(path, new TextEncoder().encode(lines));
  return { path, rows: problems.length };
}

/** File of a converted set. */
export function fetchedPath(folder: string, name: string): string {
  return join(folder, `${name}.jsonl`);
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Under its name a file is whole. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeFile(`${path}.new`, bytes);
  await Deno.rename(`${path}.new`, path);
}
