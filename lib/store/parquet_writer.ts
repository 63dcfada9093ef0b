import { z } from "zod";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../core/mod.ts";
import { type Asked, statementOf } from "./analyses/catalogue.ts";
import { openDatabase, sqlText } from "./_database.ts";
import { checkVersion } from "./_migrate.ts";
import { startLimit } from "./_query.ts";
import type { QueryOptions } from "./sql_reader.ts";

/** Request to write the rows of a statement. */
export interface ParquetRequest extends Pick<QueryOptions, "timeoutMs" | "signal"> {
  /** Database, which is opened for reading. */
  readonly db: string;
  /** A SELECT of the user's, or a named analysis. */
  readonly source: Asked;
  /** File to write; one that is there is replaced when all rows are written. */
  readonly path: string;
}

const Count = z.object({ Count: z.bigint().transform(Number) });

/**
 * Writes the rows of a statement as Parquet, streamed. The statement sees the database and, besides, the file it is written to; a
 * user's SQL is the argument of `query()`, which takes a single SELECT, and never part of a statement that writes.
 *
 * @returns How many rows there were.
 * @throws {StoreError} If the database cannot be read.
 * @throws {UsageError} If the statement is wrong or takes too long, or the file cannot be written.
 */
export async function writeParquet(request: ParquetRequest): Promise<number> {
  const { source, ...limits } = request;
  const path = resolve(request.path);
  if (path === resolve(request.db)) {
    throw new UsageError(`Cannot write "${request.path}": it is the database; name another file`);
  }
  // DuckDB writes beside a file that exists and renames at the end.
  const temporary = join(dirname(path), `tmp_${basename(path)}`);
  using database = await openDatabase(request.db, {
    access: "READ_ONLY",
    files: [path, temporary],
  });
  await checkVersion(database);
  const { sql, parameters = [] } = statementOf(source);
  const select = "sql" in source ? `FROM query(${sqlText(sql)})` : sql;
  const limit = startLimit(database.connection, {
    ...limits,
    path: database.path,
    close: () => {},
  });
  try {
    const reader = await database.connection.runAndReadAll(
      `COPY (${select}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
      [...parameters],
    );
    return Count.parse(reader.getRowObjects()[0]).Count;
  } catch (error) {
    throw limit.explain(error);
  } finally {
    limit.stop();
  }
}
