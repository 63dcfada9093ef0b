import { resolve } from "node:path";
import { fileFault, StoreError } from "../core/mod.ts";
import { openMemory } from "./_database.ts";
import { cellConverter } from "./_query.ts";

/**
 * Reads the rows of a Parquet file, with a database in memory that reaches this file and nothing else.
 *
 * @returns One record per row; cells as `QueryRows` has them.
 * @throws {StoreError} If it cannot be read.
 */
export async function readParquetRows(path: string): Promise<readonly Record<string, unknown>[]> {
  const full = resolve(path);
  await requireFile(path, full);
  using database = await openMemory(path, { files: [full] });
  try {
    const reader = await database.connection.runAndReadAll("SELECT * FROM read_parquet($1)", [
      full,
    ]);
    return reader.convertRowObjects(cellConverter);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** DuckDB would look for files in a folder of this name, which it may not. */
async function requireFile(path: string, full: string): Promise<void> {
  try {
    if (!(await Deno.stat(full)).isDirectory) return;
  } catch (error) {
    const fault = fileFault(error);
    if (fault === null) throw error;
    throw new StoreError(`Cannot read "${path}": ${fault}`, { cause: error });
  }
  throw new StoreError(`Cannot read "${path}": expected a file, got a folder`);
}

/** DuckDB's own words without the statement, which the user did not write. */
function unreadable(path: string, error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error);
  const [reason] = text.split("\n", 1);
  return new StoreError(`Cannot read "${path}": expected a Parquet file: ${reason}`, {
    cause: error,
  });
}
