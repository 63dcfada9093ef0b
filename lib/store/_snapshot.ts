import { dirname, join, resolve } from "node:path";
import { StoreError } from "../core/mod.ts";
import { copyCatalogue, type Database, snapshotFolder } from "./_database.ts";
import { exists } from "./_exists.ts";

/** Writes a consistent copy under a temporary name and renames it: the path's existence means that the copy is whole. */
export async function writeSnapshot(database: Database, path: string): Promise<void> {
  const full = resolve(path);
  if (dirname(full) !== dirname(resolve(database.path))) {
    throw new StoreError(
      `Cannot write snapshot "${path}": expected a path in the folder of "${database.path}", where the copy is ` +
        "made; move it afterwards",
      { isWrongFile: true },
    );
  }
  if (await exists(full)) {
    throw new StoreError(
      `Cannot write snapshot "${path}": expected a new file, got one that exists; name another`,
      { isWrongFile: true },
    );
  }
  const folder = snapshotFolder(resolve(database.path));
  if (await exists(folder)) await Deno.remove(folder, { recursive: true });
  await Deno.mkdir(folder);
  try {
    const partial = join(folder, "copy.duckdb");
    await copyTo(database, partial);
    await Deno.rename(partial, full);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function copyTo(database: Database, partial: string): Promise<void> {
  const [row] = await database.rows("SELECT current_database() AS catalogue");
  await copyCatalogue(database, { catalogue: String(row?.["catalogue"]), to: partial });
}
