import { z } from "zod";
import { parseJson } from "../core/mod.ts";

/** Longest header that the format allows, bytes. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of the number before the header that says how long it is. */
const LENGTH_BYTES = 8;

/** Header of a safetensors file: where each tensor lies behind it, in bytes; `__metadata__` is text alone. */
const Header = z.record(
  z.string(),
  z.looseObject({ data_offsets: z.tuple([z.int().min(0), z.int().min(0)]).optional() }),
);

/**
 * Says what is wrong with a file of weights, `null` if it is whole. Of safetensors the header says how long the file must be; of others
 * it is known only that an empty one holds nothing.
 */
export async function weightsFault(path: string): Promise<string | null> {
  const { size } = await Deno.stat(path);
  if (!path.endsWith(".safetensors")) return size === 0 ? "is empty" : null;
  const wanted = await safetensorsBytes(path, size);
  if (wanted === null) return `is no safetensors file (${size} bytes without a whole header)`;
  return wanted === size ? null : `has ${size} bytes where its header wants ${wanted}`;
}

/** Length that the header of a safetensors file of `size` bytes asks for; `null` where there is no whole header. */
async function safetensorsBytes(path: string, size: number): Promise<number | null> {
  using file = await Deno.open(path);
  const length = await readBytes(file, LENGTH_BYTES);
  if (length === null) return null;
  const headerBytes = Number(new DataView(length.buffer).getBigUint64(0, true));
  // A length out of nowhere must not become an allocation.
  if (headerBytes > Math.min(MAX_HEADER_BYTES, size - LENGTH_BYTES)) return null;
  const header = await readBytes(file, headerBytes);
  if (header === null) return null;
  const parsed = Header.safeParse(parseJson(new TextDecoder().decode(header)));
  if (!parsed.success) return null;
  const ends = Object.values(parsed.data).map(({ data_offsets: at }) => at?.[1] ?? 0);
  return LENGTH_BYTES + headerBytes + ends.reduce((longest, end) => Math.max(longest, end), 0);
}

/** The next bytes of a file, `null` if it ends before. */
async function readBytes(
  file: Deno.FsFile,
  count: number,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = new Uint8Array(count);
  for (let done = 0; done < count;) {
    const read = await file.read(bytes.subarray(done));
    if (read === null) return null;
    done += read;
  }
  return bytes;
}
