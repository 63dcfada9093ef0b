import { resolve } from "node:path";
import { StoreError } from "../core/mod.ts";
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

/** DuckDB's own words without the statement, which the user did not write. */
function unreadable(path: string, error: unknown): StoreError {
  const text = error instanceof Error ? error.message : String(error);
  const reason = /No files found/.test(text)
    ? "there is no such file"
    : `expected a Parquet file: ${text.split("\n", 1)[0]}`;
  return new StoreError(`Cannot read "${path}": ${reason}`, { cause: error });
}
