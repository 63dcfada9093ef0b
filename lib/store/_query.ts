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
}

const READING: readonly StatementType[] = [StatementType.SELECT, StatementType.EXPLAIN];

/**
 * How a reading statement begins. Looked at before DuckDB prepares it, because preparing an EXPORT makes its folder already, and
 * because EXPLAIN ANALYZE runs what it explains.
 */
const BEGINNING =
  /^(\(|(explain\s+)?(select|from|with|values|table|show|describe|desc|summarize|pivot|unpivot)\b)/i;

/** Runs one statement that only reads. `close` is called once, when the rows are read or left, or the statement fails. */
export async function queryRows(
  connection: DuckDBConnection,
  sql: string,
  options: QueryOptions & { readonly close: () => void },
): Promise<QueryRows> {
  const limit = startLimit(connection, options);
  try {
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

interface Limit {
  /** Ends the limit and frees the query. */
  readonly stop: () => void;
  readonly explain: (error: unknown) => UsageError;
}

function startLimit(
  connection: DuckDBConnection,
  { timeoutMs, close }: QueryOptions & { readonly close: () => void },
): Limit {
  let isLate = false;
  const timer = timeoutMs === undefined ? null : setTimeout(() => {
    isLate = true;
    connection.interrupt();
  }, timeoutMs);
  return {
    stop: () => {
      if (timer !== null) clearTimeout(timer);
      close();
    },
    explain: (cause) => {
      if (cause instanceof UsageError) return cause;
      const text = cause instanceof Error ? cause.message.trim() : String(cause);
      return isLate
        ? new UsageError(
          `Cannot run the statement: expected an end within ${timeoutMs} ms, got none`,
          {
            cause,
          },
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
  } catch (error) {
    throw limit.explain(error);
  } finally {
    limit.stop();
  }
}
