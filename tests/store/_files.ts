/** Helpers for tests that look at the file behind a store. */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { DuckdbStore } from "../../lib/store/mod.ts";
import { testProblem, testRun } from "../conformance/store.ts";

export { allRows } from "../../lib/store/mod.ts";

/** A folder that is removed at the end of the block. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "rstar_store_" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/** Runs `work` on a bare connection, with none of the store's settings. */
export async function withDuckDb<T>(
  path: string,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(path);
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

/** Opens run "r" and stores problems 1 to n. */
export async function prepareRun(store: DuckdbStore, problems: number): Promise<number> {
  await store.putProblems(Array.from({ length: problems }, (_, i) => testProblem(i + 1)));
  return (await store.openRun(testRun())).runNo;
}

/** Starts a program of this folder in a Deno process of its own. */
export function startProgram(name: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(name, import.meta.url).pathname, ...args],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** The lines of a stream, as they come. */
export function linesOf(stream: ReadableStream<Uint8Array>): AsyncIterableIterator<string> {
  let rest = "";
  const lines = new TransformStream<string, string>({
    transform(text, controller) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) controller.enqueue(part);
    },
  });
  return stream.pipeThrough(new TextDecoderStream()).pipeThrough(lines)[Symbol.asyncIterator]();
}
