import { type DatabaseOptions, openDatabase } from "./_database.ts";
import { checkVersion } from "./_migrate.ts";
import { queryApart } from "./_query.ts";
import type { SqlReader } from "./sql_reader.ts";

/** A database that can only be read. */
export interface ReadOnlyDatabase extends SqlReader, Disposable {}

/** Options of {@linkcode openReadOnly}. */
export type ReadOnlyOptions = Omit<DatabaseOptions, "access">;

/**
 * Opens a database for reading: no writes, no files besides its own, no extensions, no settings.
 *
 * @throws {StoreError} If it does not exist, a process is writing it, or it is not one of ours.
 */
export async function openReadOnly(
  path: string,
  options: ReadOnlyOptions = {},
): Promise<ReadOnlyDatabase> {
  const database = await openDatabase(path, { ...options, access: "READ_ONLY" });
  try {
    await checkVersion(database);
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
  return {
    query: (sql, options) => queryApart(database, sql, options),
    [Symbol.dispose]: () => database[Symbol.dispose](),
  };
}
