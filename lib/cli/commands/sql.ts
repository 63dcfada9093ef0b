import { Command } from "commander";
import Table from "cli-table3";
import { parseDuration } from "../../config/mod.ts";
import { type Json, UsageError } from "../../core/mod.ts";
import { openReadOnly } from "../../store/mod.ts";
import { print } from "../output.ts";

/** Longest text that a cell of a table shows. */
const CELL_LENGTH = 80;

interface SqlOptions {
  readonly db: string;
  readonly timeout: string;
  readonly json?: true;
}

/** `sql QUERY`: one read-only statement over a run's database. */
export function sqlCommand(): Command {
  return new Command("sql")
    .description("Run one read-only SQL statement over the stored trees")
    .argument(
      "<query>",
      "a SELECT; tables: tree, node, problem, run; views: trees, steps, trajectories",
    )
    .option("--db <file>", "database file", "data/rstar.duckdb")
    .option("--timeout <duration>", "longest time for the statement", "5m")
    .option("--json", "print the rows as one line of JSON")
    .action(async (query: string, options: SqlOptions) => {
      const seconds = parseDuration(options.timeout);
      if (seconds === null) {
        throw new UsageError(`Cannot use --timeout "${options.timeout}": expected e.g. 30s or 5m`);
      }
      using database = await openReadOnly(options.db);
      const { columns, batches } = await database.query(query, { timeoutMs: seconds * 1000 });
      if (options.json) await printJson(columns, batches);
      else await printTable(columns, batches);
    });
}

type Batches = AsyncIterable<readonly (readonly Json[])[]>;

async function printJson(columns: readonly string[], batches: Batches): Promise<void> {
  const rows: Record<string, Json>[] = [];
  for await (const batch of batches) {
    for (const row of batch) {
      rows.push(Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])));
    }
  }
  print(JSON.stringify(rows));
}

async function printTable(columns: readonly string[], batches: Batches): Promise<void> {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for await (const batch of batches) for (const row of batch) table.push(row.map(cellText));
  print(table.toString());
  print(`${table.length} rows`);
}

/** Model text is shown, never interpreted: control characters would reach the terminal. */
function cellText(cell: Json): string {
  const text = typeof cell === "string" ? cell : cell === null ? "" : JSON.stringify(cell);
  const safe = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (c) => (c === "\n" ? "\u23ce" : "\ufffd"));
  return safe.length <= CELL_LENGTH ? safe : `${safe.slice(0, CELL_LENGTH - 1)}…`;
}
