import {
  type DuckDBConnection,
  type DuckDBResult,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBValueConverter,
  type Json as DuckDBJson,
  JsonDuckDBValueConverter,
  StatementType,
} from "@duckdb/node-api";
import { type Json, UsageError } from "../core/mod.ts";
import type { Database } from "./_database.ts";
import { storeError } from "./_store_error.ts";
import type { QueryOptions, QueryRows } from "./sql_reader.ts";

const READING: readonly StatementType[] = [StatementType.SELECT, StatementType.EXPLAIN];

/**
 * How a reading statement begins. Looked at before DuckDB prepares it, because preparing an EXPORT makes its folder already, and
 * because EXPLAIN ANALYZE runs what it explains.
 */
const BEGINNING =
  /^(\(|(explain\s+)?(select|from|with|values|table|show|describe|desc|summarize|pivot|unpivot)\b)/i;

/** Runs one statement that only reads, on a connection of its own, which is closed when the rows are read or left. */
export async function queryApart(
  database: Pick<Database, "connect" | "path">,
  sql: string,
  options: QueryOptions = {},
): Promise<QueryRows> {
  const connection = await database.connect();
  const close = () => connection.closeSync();
  return await queryRows(connection, sql, { ...options, path: database.path, close });
}

/** Runs one statement that only reads. `close` is called once, when the rows are read or left, or the statement fails. */
async function queryRows(
  connection: DuckDBConnection,
  sql: string,
  options: LimitOptions,
): Promise<QueryRows> {
  const limit = startLimit(connection, options);
  try {
    options.signal?.throwIfAborted();
    const statement = await prepareReading(connection, sql);
    if (options.parameters !== undefined) statement.bind([...options.parameters]);
    const result = await statement.stream();
    return {
      columns: result.deduplicatedColumnNames(),
      types: result.columnTypes().map(String),
      batches: readBatches(result, limit),
    };
  } catch (error) {
    limit.stop();
    throw limit.explain(error);
  }
}

/** A cell as JSON. */
export const cellConverter: DuckDBValueConverter<DuckDBJson> = (value, type, converter) => {
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UHUGEINT:
    case DuckDBTypeId.BIGNUM:
    case DuckDBTypeId.DECIMAL:
      return exactNumber(value);
    default:
      return JsonDuckDBValueConverter(value, type, converter);
  }
};

/** Fifteen digits survive the way through a double. */
function exactNumber(value: DuckDBValue): string | number | null {
  if (value === null) return null;
  const text = String(value);
  return text.replace(/[-.]/g, "").replace(/^0+/, "").length <= 15 ? Number(text) : text;
}

async function prepareReading(connection: DuckDBConnection, sql: string) {
  const statements = await connection.extractStatements(sql);
  if (statements.count !== 1) {
    throw new UsageError(
      `Cannot run the statement: expected one, got ${statements.count}; run them one by one`,
    );
  }
  if (!BEGINNING.test(withoutLeadingComments(sql))) throw writes();
  const statement = await statements.prepare(0);
  if (!READING.includes(statement.statementType)) throw writes();
  return statement;
}

function withoutLeadingComments(sql: string): string {
  return sql.replace(/^(\s+|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, "");
}

function writes(): UsageError {
  return new UsageError(
    "Cannot run the statement: expected one that reads (SELECT, FROM, WITH, SHOW, DESCRIBE, EXPLAIN), got another",
  );
}

const INTERRUPT_INTERVAL_MS = 20;

interface LimitOptions extends QueryOptions {
  /** The database, for errors. */
  readonly path: string;
  readonly close: () => void;
}

/** How a statement may end early. */
export interface Limit {
  /** Ends the limit and frees the query. */
  readonly stop: () => void;
  readonly explain: (error: unknown) => unknown;
  /** Throws when the statement was interrupted: DuckDB may end the rows of such a one as if they were all. */
  readonly check: () => void;
}

/** Interrupts what a connection runs when it takes too long or is no longer wanted. `close` is called once, by `stop`. */
export function startLimit(
  connection: DuckDBConnection,
  { timeoutMs, signal, path, close }: LimitOptions,
): Limit {
  let isLate = false;
  let interrupting: ReturnType<typeof setInterval> | null = null;
  // Again and again: an interrupt that comes before the statement runs is forgotten when it starts.
  const interrupt = () => {
    connection.interrupt();
    interrupting ??= setInterval(() => connection.interrupt(), INTERRUPT_INTERVAL_MS);
  };
  const timer = timeoutMs === undefined ? null : setTimeout(() => {
    isLate = true;
    interrupt();
  }, timeoutMs);
  if (signal?.aborted === true) interrupt();
  signal?.addEventListener("abort", interrupt);
  return {
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      if (interrupting !== null) clearInterval(interrupting);
      signal?.removeEventListener("abort", interrupt);
      close();
    },
    check: () => {
      if (interrupting !== null) throw new Error("the statement was interrupted");
    },
    explain: (cause) => {
      if (signal?.aborted === true) return signal.reason;
      if (cause instanceof UsageError) return cause;
      const fault = storeError(path, cause);
      if (fault.isDamaged) return fault;
      const text = cause instanceof Error ? cause.message.trim() : String(cause);
      return isLate
        ? new UsageError(
          `Cannot run the statement: expected an end within ${timeoutMs} ms, got none`,
          { cause },
        )
        : new UsageError(`Cannot run the statement: ${text}`, { cause });
    },
  };
}

async function* readBatches(
  result: DuckDBResult,
  limit: Limit,
): AsyncGenerator<readonly (readonly Json[])[]> {
  try {
    yield* result.yieldConvertedRows(cellConverter);
    limit.check();
  } catch (error) {
    throw limit.explain(error);
  } finally {
    limit.stop();
  }
}
