/** Text files as lines: unpacked, bounded, and never from behind a link that leads elsewhere. */
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DatasetError, fileFault } from "../core/mod.ts";
import { concatBytes } from "./_bytes.ts";

/** A line longer than this is no problem. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/** Files that are held whole, and all lines of a file together, may unpack to so much. */
const MAX_WHOLE_BYTES = 256 * 2 ** 20;
const MAX_BYTES = 2 * 2 ** 30;

/** Text of problems packs to a tenth or so; what unpacks to far more, and is large, was made to fill a memory. */
const MAX_RATIO = 50;
const ANY_RATIO_BYTES = 64 * 2 ** 20;

/** The bytes of a file, unpacked, as they come. */
async function* unpacked(path: string, maxBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let total = 0;
  try {
    await requireGranted(path);
    const file = await Deno.open(path);
    const isPacked = path.endsWith(".gz");
    const { size } = await file.stat();
    const most = isPacked
      ? Math.min(maxBytes, Math.max(ANY_RATIO_BYTES, MAX_RATIO * size))
      : maxBytes;
    for await (const chunk of isPacked ? gunzipped(file.readable) : file.readable) {
      total += chunk.byteLength;
      if (total > most) throw tooLarge(path, "unpacks to", most);
      yield chunk;
    }
  } catch (error) {
    const fault = isDamagedGzip(error)
      ? `expected gzip data (${error.message}); unpack it with gunzip and name what comes out, or fetch it anew`
      : fileFault(error);
    if (fault === null) throw error;
    throw new DatasetError(path, null, `Cannot read "${path}": ${fault}`, { cause: error });
  }
}

/** Unpacks gzip data, of several members too, as `cat` of packed files makes them: the web's `DecompressionStream` takes one. */
function gunzipped(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  // Whoever reads is told of failures.
  return pipeline(Readable.fromWeb(bytes), createGunzip(), () => {});
}

function isDamagedGzip(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("Z_");
}

/** Deno follows a link out of the folders that this process was given; what lies behind it was not named by anybody. */
export async function requireGranted(path: string): Promise<void> {
  const target = await Deno.realPath(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  // Whoever opens it says that it is not there.
  if (target === null) return;
  const { state } = await Deno.permissions.query({ name: "read", path: target });
  if (state === "granted") return;
  throw new DatasetError(
    path,
    null,
    `Cannot read "${path}": it leads, by a link, out of the folders that this command may read; name the file itself`,
  );
}

function tooLarge(path: string, what: string, maxBytes: number): DatasetError {
  return new DatasetError(
    path,
    null,
    `Cannot read "${path}": it ${what} more than ${
      Math.round(10 * maxBytes / 2 ** 20) / 10
    } MiB; ` +
      "split it, or write it as .jsonl or .parquet",
  );
}

/** A file's whole text. @throws {DatasetError} If it cannot be read, is too large, or is not valid UTF-8. */
export async function readText(path: string): Promise<string> {
  const lines: string[] = [];
  const limits = { maxBytes: MAX_WHOLE_BYTES, maxLineBytes: MAX_WHOLE_BYTES };
  for await (const { text } of readLines(path, limits)) lines.push(text);
  return lines.join("\n");
}

/**
 * The lines of a text file. UTF-8 breaks never span a line feed, so each line is decoded alone.
 *
 * @throws {DatasetError} If it cannot be read, is too large, or is not valid UTF-8.
 */
export async function* readLines(
  path: string,
  { maxBytes, maxLineBytes } = { maxBytes: MAX_BYTES, maxLineBytes: MAX_LINE_BYTES },
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  const take = (part: Uint8Array<ArrayBuffer>) => {
    parts.push(part);
    held += part.byteLength;
    if (held > maxLineBytes) throw tooLarge(path, `has in line ${line}`, maxLineBytes);
  };
  const finish = () => {
    const text = decodeLine(path, line, { decoder, parts });
    parts = [];
    held = 0;
    return { text, line: line++ };
  };
  for await (const chunk of unpacked(path, maxBytes)) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      take(chunk.subarray(from, end));
      yield finish();
      from = end + 1;
    }
    take(chunk.slice(from));
  }
  yield finish();
}

function decodeLine(
  path: string,
  line: number,
  { decoder, parts }: { decoder: TextDecoder; parts: readonly Uint8Array<ArrayBuffer>[] },
): string {
  const [only, ...others] = parts;
  const bytes = only !== undefined && others.length === 0 ? only : concatBytes(parts);
  try {
    if (line === 1 && isUtf16(bytes)) throw new TypeError("every other byte is zero");
    return decoder.decode(bytes);
  } catch (error) {
    throw new DatasetError(
      path,
      line,
      `Cannot read "${path}" line ${line}: expected UTF-8${otherForm(bytes)}`,
      { cause: error },
    );
  }
}

/** End of the message about bytes that are not UTF-8: what they are, where that is known, and the cure. */
function otherForm(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0x1f && second === 0x8b) {
    return ", got gzip data; unpack it with gunzip, as often as it was packed";
  }
  if (first === 0x28 && second === 0xb5) return ", got zstd data; unpack it with zstd -d";
  return isUtf16(bytes)
    ? ", got UTF-16; convert it: iconv -f UTF-16 -t UTF-8"
    : "; convert it, for instance with iconv -f LATIN1 -t UTF-8";
}

/** Whether a text begins with the mark of UTF-16, or with a letter and a zero. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff) ||
    (first !== undefined && second === 0) || (first === 0 && second !== undefined);
}
