import { z } from "zod";
import { type Json, StoreError } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";

/** Context from which every section is made. */
export interface ReportContext {
  readonly reader: SqlReader;
  /** Run that the report is about. */
  readonly run: string;
}

/** Values of a statement's parameters. */
export type Parameters = readonly (string | number | boolean | null)[];

/**
 * Rows of a statement, checked.
 *
 * @throws {StoreError} If a row is not of the form that the report expects of it.
 */
export async function readRows<S extends z.ZodObject>(
  reader: SqlReader,
  schema: S,
  { sql, parameters = [] }: { readonly sql: string; readonly parameters?: Parameters },
): Promise<readonly z.output<S>[]> {
  const { columns, batches } = await reader.query(sql, { parameters });
  return await checkRows(schema, { columns, batches });
}

/** Checks rows that come in batches. */
export async function checkRows<S extends z.ZodObject>(
  schema: S,
  { columns, batches }: {
    readonly columns: readonly string[];
    readonly batches: AsyncIterable<readonly (readonly Json[])[]>;
  },
): Promise<readonly z.output<S>[]> {
  const rows: z.output<S>[] = [];
  for await (const batch of batches) {
    for (const cells of batch) {
      const row = Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? null]));
      const parsed = schema.safeParse(row);
      if (!parsed.success) {
        throw new StoreError(
          `Cannot report a row of the database: expected another form, got ${
            JSON.stringify(row).slice(0, 200)
          }: ${z.prettifyError(parsed.error)}`,
        );
      }
      rows.push(parsed.data);
    }
  }
  return rows;
}

/** A number that may not have been measured. */
export const measured: z.ZodNullable<z.ZodNumber> = z.number().nullable();

/** Text that may be absent. */
export const optionalText: z.ZodNullable<z.ZodString> = z.string().nullable();

/** Rows of one key each, in the order of first appearance. */
export function groupBy<T, K>(
  rows: readonly T[],
  key: (row: T) => K,
): ReadonlyMap<K, readonly T[]> {
  return Map.groupBy(rows, key);
}

/** Name of a round as shown. */
export function roundName(round: number | null): string {
  return round === null ? "no round" : `round ${round}`;
}
