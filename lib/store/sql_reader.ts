/** The contract of everything that answers read-only SQL: a file, a store that is being written, another process over a socket. */
import type { Json } from "../core/mod.ts";

/** Rows of a query, as they come. */
export interface QueryRows {
  readonly columns: readonly string[];
  /** DuckDB's names of the columns' types. */
  readonly types: readonly string[];
  /**
   * Batches of rows; each row has one cell per column. Whole numbers and decimals are numbers where a number holds them exactly
   * and text elsewhere, dates and times are text. Read them to the end, or leave the loop, to free the query.
   */
  readonly batches: AsyncIterable<readonly (readonly Json[])[]>;
}

/** Options of a query. */
export interface QueryOptions {
  /** Values of `$1`, `$2`, … */
  readonly parameters?: readonly (string | number | boolean | null)[];
  /** How long it may take, from the start to the last row. @default no limit */
  readonly timeoutMs?: number;
  /** Ends the statement; what was asked for fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Something that answers SQL and changes nothing. */
export interface SqlReader {
  /**
   * Runs one statement.
   *
   * @throws {UsageError} If it is wrong, writes, reaches for a file it may not see, or takes longer than `timeoutMs`.
   */
  query(sql: string, options?: QueryOptions): Promise<QueryRows>;
}

/** Every row of an answer, for answers that are known to be small. */
export async function allRows(query: Promise<QueryRows>): Promise<readonly (readonly Json[])[]> {
  const { batches } = await query;
  return (await Array.fromAsync(batches)).flat();
}
