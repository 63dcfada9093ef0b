import { dirname, resolve } from "node:path";
import { StoreError } from "../core/mod.ts";
import { copyCatalogue, openMemory, refuseUnreadCommits, sqlText } from "./_database.ts";
import { exists } from "./_exists.ts";
import { openStore } from "./duckdb_store.ts";

/**
 * Writes a consistent copy of a database that no process is writing. Runs that are forgotten take no room in it.
 *
 * @throws {StoreError} If a process is writing the database, the copy exists already, or cannot be written.
 */
export async function copyDatabase(from: string, to: string): Promise<void> {
  if (await exists(to)) {
    throw new StoreError(
      `Cannot write copy "${to}": expected a new file, got one that exists; name another`,
      { isWrongFile: true },
    );
  }
  const partial = await freshPartial(to);
  using copying = await attachBoth(from, partial);
  await copying.copy();
  await Deno.rename(partial, to);
}

/**
 * Makes a database as small as its contents, and brings it up to date. The file is replaced when the copy is whole; who reads the
 * old one goes on reading it.
 *
 * @returns Bytes before and after.
 * @throws {StoreError} If another process has it open.
 */
export async function compactDatabase(
  path: string,
): Promise<{ readonly before: number; readonly after: number }> {
  const before = await fileSize(path);
  {
    // Migrates, and leaves no log behind that belongs to the old file.
    await using store = await openStore(path);
    await store.checkpoint();
  }
  const partial = await freshPartial(path);
  using copying = await attachBoth(path, partial);
  if (await exists(`${path}.wal`)) {
    throw new StoreError(
      `Cannot compact database "${path}": another process wrote to it meanwhile; run the same command again`,
    );
  }
  await copying.copy();
  // Still attached: nobody can begin to write the old file between the copy and its replacement.
  await Deno.rename(partial, path);
  return { before, after: await fileSize(path) };
}

/** Name of an unfinished copy; what an earlier one left behind is removed. */
async function freshPartial(path: string): Promise<string> {
  const partial = `${path}.partial`;
  for (const left of [partial, `${partial}.wal`]) if (await exists(left)) await Deno.remove(left);
  return partial;
}

async function fileSize(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new StoreError(`Cannot use database "${path}": there is no such file`, {
      cause: error,
      isWrongFile: true,
    });
  }
}

interface Copying extends Disposable {
  /** Copies everything and closes the new file. */
  readonly copy: () => Promise<void>;
}

/** A database in memory to which the old file is attached for reading, and which reaches the folders of both files alone. */
async function attachBoth(from: string, to: string): Promise<Copying> {
  await refuseUnreadCommits(from);
  const folders = [from, to].map((path) => dirname(resolve(path)));
  const database = await openMemory(from, { folders });
  try {
    await database.run(`ATTACH ${sqlText(resolve(from))} AS old (READ_ONLY)`);
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
  return {
    copy: () => copyCatalogue(database, { catalogue: "old", to: resolve(to) }),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
