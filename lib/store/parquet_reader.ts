import { DuckDBInstance } from "@duckdb/node-api";
import { resolve } from "node:path";
import { storeError } from "./_database.ts";
import { cellConverter } from "./_query.ts";

/**
 * Reads the rows of a Parquet file, with a database in memory that reaches this file and nothing else.
 *
 * @returns One record per row; cells as `QueryRows` has them.
 * @throws {StoreError} If it cannot be read.
 */
export async function readParquetRows(path: string): Promise<readonly Record<string, unknown>[]> {
  const full = resolve(path);
  const instance = await DuckDBInstance.create(":memory:");
  try {
    const connection = await instance.connect();
    try {
      await connection.run(`SET allowed_paths = ['${full.replaceAll("'", "''")}']`);
      await connection.run("SET enable_external_access = false");
      await connection.run("SET lock_configuration = true");
      const reader = await connection.runAndReadAll("SELECT * FROM read_parquet($1)", [full]);
      return reader.convertRowObjects(cellConverter);
    } finally {
      connection.closeSync();
    }
  } catch (error) {
    throw storeError(path, error);
  } finally {
    instance.closeSync();
  }
}
