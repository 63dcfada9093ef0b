import { z } from "zod";
import { fileFault, InfrastructureError, type ReplyKey, type ReplyStore } from "../core/mod.ts";

const keyText = (key: ReplyKey) => `${key.requestHash}/${key.sample}`;

/** Replies in memory. */
export function memoryReplyStore(): ReplyStore {
  const bodies = new Map<string, string>();
  return {
    getReply: (key) => Promise.resolve(bodies.get(keyText(key)) ?? null),
    putReply: (key, body) => {
      if (!bodies.has(keyText(key))) bodies.set(keyText(key), body);
      return Promise.resolve();
    },
  };
}

const Line = z.strictObject({ requestHash: z.string(), sample: z.int().min(0), body: z.string() });

/** Replies in a file of JSON lines. The whole file is held in memory. */
export interface FileReplyStore extends ReplyStore, AsyncDisposable {}

/**
 * Opens a file of recorded replies; new ones are appended.
 *
 * @param mode `read` needs the file to exist; `append` makes it.
 * @throws {InfrastructureError} If it cannot be read, or written. A torn last line, left by a kill, is passed over.
 */
export async function openFileReplyStore(
  path: string,
  options: { readonly mode: "read" | "append" },
): Promise<FileReplyStore> {
  const memory = memoryReplyStore();
  const text = await readText(path, options.mode);
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  for (const [i, line] of whole.split("\n").entries()) {
    if (line === "") continue;
    const { body, ...key } = parseLine(line, path, i + 1);
    await memory.putReply(key, body);
  }
  if (options.mode === "read") return { ...memory, [Symbol.asyncDispose]: () => Promise.resolve() };
  const file = await openToAppend(path);
  // What is torn is cut off: with more behind it, it would be a broken line.
  if (whole !== text) await file.truncate(new TextEncoder().encode(whole).byteLength);
  let tail: Promise<unknown> = Promise.resolve();
  return {
    getReply: memory.getReply,
    putReply: async (key, body) => {
      if (await memory.getReply(key) !== null) return;
      await memory.putReply(key, body);
      tail = tail.then(() => writeAll(file, `${JSON.stringify({ ...key, body })}\n`));
      await tail;
    },
    [Symbol.asyncDispose]: async () => {
      await tail;
      file.close();
    },
  };
}

async function openToAppend(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, create: true, append: true });
  } catch (error) {
    throw new InfrastructureError(
      "endpoint",
      `Cannot record replies in "${path}": ${fileFault(error) ?? error}; name another file`,
      { cause: error },
    );
  }
}

async function writeAll(file: Deno.FsFile, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.byteLength > 0) rest = rest.subarray(await file.write(rest));
}

async function readText(path: string, mode: "read" | "append"): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && mode === "append") return "";
    throw new InfrastructureError(
      "endpoint",
      `Cannot read recorded replies "${path}": ${fileFault(error) ?? error}`,
      { cause: error },
    );
  }
}

function parseLine(line: string, path: string, number: number): z.infer<typeof Line> {
  try {
    return Line.parse(JSON.parse(line));
  } catch (error) {
    throw new InfrastructureError(
      "endpoint",
      `Cannot read recorded replies "${path}": line ${number} is no recorded reply`,
      { cause: error },
    );
  }
}
