import { dirname, resolve } from "node:path";
import { StoreError } from "../core/mod.ts";
import { type Database, sqlText } from "./_database.ts";
import { exists } from "./_exists.ts";

/** Writes a consistent copy under a temporary name and renames it: the path's existence means that the copy is whole. */
export async function writeSnapshot(database: Database, path: string): Promise<void> {
  const full = resolve(path);
  if (dirname(full) !== dirname(resolve(database.path))) {
    throw new StoreError(
      `Cannot write snapshot "${path}": expected a path in the folder of "${database.path}", the only one that ` +
        "DuckDB may reach; move the copy afterwards",
    );
  }
  if (await exists(full)) {
    throw new StoreError(
      `Cannot write snapshot "${path}": expected a new file, got one that exists; name another`,
    );
  }
  const partial = `${full}.partial`;
  if (await exists(partial)) await Deno.remove(partial);
  await database.run(`ATTACH ${sqlText(partial)} AS rstar_snapshot`);
  try {
    const [row] = await database.rows(
      `SELECT '"' || replace(current_database(), '"', '""') || '"' AS catalog`,
    );
    await database.run(`COPY FROM DATABASE ${String(row?.["catalog"])} TO rstar_snapshot`);
  } finally {
    await database.run("DETACH rstar_snapshot");
  }
  await Deno.rename(partial, full);
}
