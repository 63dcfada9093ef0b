import { resolve } from "node:path";
import { fileFault, StoreError } from "../core/mod.ts";
import { openMemory } from "./_database.ts";
import { cellConverter } from "./_query.ts";

/** Rows are held whole, all of them together. */
const MAX_CHARACTERS = 2 ** 30;

/**
 * Reads the rows of a Parquet file, with a database in memory that reaches this file and nothing else.
 *
 * @returns One record per row; cells as `QueryRows` has them.
 * @throws {StoreError} If it cannot be read, or unpacks to more than a gigabyte of text.
 */
export async function readParquetRows(path: string): Promise<readonly Record<string, unknown>[]> {
  const full = resolve(path);
  await requireFile(path, full);
  using database = await openMemory(path, { files: [full] });
  try {
    const result = await database.connection.stream("SELECT * FROM read_parquet($1)", [full]);
    const rows: Record<string, unknown>[] = [];
    let held = 0;
    for await (const batch of result.yieldConvertedRowObjects(cellConverter)) {
      held += batch.reduce((sum, row) => sum + sizeOf(row), 0);
      // Repeated values pack to nearly nothing, so that the file's own size says little.
      if (held > MAX_CHARACTERS) {
        throw new StoreError(
          `Cannot read "${path}": it unpacks to more than ${
            MAX_CHARACTERS / 2 ** 20
          } MiB; split it`,
        );
      }
      rows.push(...batch);
    }
    return rows;
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw unreadable(path, error);
  }
}

/** Characters of a row, about: numbers and punctuation of nested values are counted by their number. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + sizeOf(part), 0);
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
