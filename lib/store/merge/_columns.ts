import { z } from "zod";
import type { Database } from "../_database.ts";

/** Name under which the database that is read is attached. */
export const PART = "rstar_part";

const Name = z.object({ column_name: z.string() });

/** Part of an INSERT that copies the rows of a table of the part: the columns' names, and what each is taken from. */
export interface ColumnCopy {
  readonly names: string;
  readonly values: string;
}

/**
 * Columns of a table, by name, so that no change of the schema can shift them.
 *
 * @param replaced Expressions for the columns that are numbered otherwise in the part; all others are copied from alias `t`.
 */
export async function copiedColumns(
  database: Database,
  table: string,
  replaced: Readonly<Record<string, string>> = {},
): Promise<ColumnCopy> {
  const rows = await database.rows(
    `SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'main'
       AND table_name = $1 ORDER BY column_index`,
    [table],
  );
  const names = rows.map((row) => Name.parse(row).column_name);
  return {
    names: names.join(", "),
    values: names.map((name) => replaced[name] ?? `t.${name}`).join(", "),
  };
}

const Count = z.object({ n: z.union([z.number(), z.bigint()]).transform(Number) });

/** Counts the rows of a query. */
export async function countRows(database: Database, sql: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*) AS n FROM (${sql})`);
  return Count.parse(row).n;
}
