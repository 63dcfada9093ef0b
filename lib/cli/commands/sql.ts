import { Command, InvalidArgumentError, Option } from "commander";
import { dirname, join } from "node:path";
import process from "node:process";
import { parseDuration } from "../../config/bare/mod.ts";
import { UsageError } from "../../core/mod.ts";
import { type Asked, sqlNames, sqlReference, statementOf, writeParquet } from "../../store/mod.ts";
import { databaseOption } from "../database_option.ts";
import { PROJECT_ROOT } from "../../process/mod.ts";
import { notice, print } from "../terminal/output.ts";
import { readUserText } from "../read_user_text.ts";
import { openReader } from "../reader.ts";
import { sqlList } from "../sql/list.ts";
import { printRows, TEXT_FORMATS, type TextFormat } from "../sql/output.ts";
import { requireRun } from "../sql/require_run.ts";
import { runShell } from "../sql/shell.ts";
import { parseAsked } from "../sql/statement.ts";

const FORMATS = [...TEXT_FORMATS, "parquet"] as const;
const HISTORY_FILE = join(PROJECT_ROOT, ".rstar", "sql_history");

interface SqlOptions {
  readonly db: string;
  readonly timeout: number;
  readonly format: typeof FORMATS[number];
  readonly rows: number;
  readonly json?: true;
  readonly file?: string;
  readonly out?: string;
  readonly run?: string;
  readonly round?: number;
  readonly limit?: number;
  readonly list?: true;
  readonly docs?: true;
}

/** `sql QUERY`: read-only SQL and named analyses over a database. */
export function sqlCommand(): Command {
  return new Command("sql")
    .description("Ask a database: read-only SQL, or a named analysis (see --list)")
    .argument(
      "[query]",
      "a SELECT or the name of an analysis; without it, standard input or an interactive mode",
    )
    .addOption(databaseOption())
    .option("--list", "show every analysis and view with an example")
    .option("--file <file>", "read the statement from a file")
    .addOption(
      new Option("--format <format>", "form of the rows").choices(FORMATS).default("table"),
    )
    .option("--json", "short for --format json: one line of JSON")
    .option("--out <file>", "file for --format parquet")
    .option("--rows <number>", "most rows of a table", wholeNumber, 1_000)
    .option("--run <name>", "analyses: this run alone")
    .option("--round <number>", "analyses: this round alone", wholeNumber)
    .option("--limit <number>", "analyses that rank: most rows", wholeNumber)
    .addOption(
      new Option("--timeout <duration>", "longest time for a statement")
        .argParser(milliseconds).default(300_000, "5m"),
    )
    .option("--docs", "print docs/sql.md")
    .action(async (query: string | undefined, options: SqlOptions) => {
      if (options.docs) return print((await sqlReference()).trimEnd());
      if (options.list) return print(sqlList());
      const text = await readStatement(query, options);
      if (text === null) return await interact(options);
      await ask(parseAsked(text, analysisRequest(options)), options);
    });
}

function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("expected a whole number");
}

function milliseconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === null) throw new InvalidArgumentError("expected a duration such as 30s or 5m");
  return seconds * 1_000;
}

function analysisRequest({ run, round, limit }: SqlOptions) {
  return { run, round, limit };
}

/** The statement, wherever it comes from; `null` when a person is to type it. */
async function readStatement(
  query: string | undefined,
  { file }: SqlOptions,
): Promise<string | null> {
  if (query !== undefined && file !== undefined) {
    throw new UsageError(`Cannot run both a statement and --file "${file}": give one`);
  }
  if (query !== undefined) return query;
  if (file !== undefined) return await readUserText(file, "read the statement from");
  if (Deno.stdin.isTerminal()) return null;
  return await new Response(Deno.stdin.readable).text();
}

async function ask(
  asked: Asked,
  options: SqlOptions & { readonly signal?: AbortSignal },
): Promise<void> {
  const { db, timeout, out, rows } = options;
  const limits = {
    timeoutMs: timeout,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const format = options.json ? "json" : options.format;
  if (format === "parquet") {
    if (out === undefined) throw new UsageError("Cannot write Parquet: name a file with --out");
    const count = await writeParquet({ db, source: asked, path: out, ...limits });
    return notice(`${count} rows in ${out}`);
  }
  if (out !== undefined) {
    throw new UsageError(
      `Cannot use --out with --format ${format}: redirect standard output instead`,
    );
  }
  const { sql, ...bound } = statementOf(asked);
  await using reader = await openReader(db);
  if (options.run !== undefined) await requireRun(reader, options.run);
  const result = await reader.query(sql, { ...bound, ...limits });
  await printRows(result, { format: format satisfies TextFormat, maxRows: rows });
}

/** The database is opened for each statement alone: a shell that is left open keeps nobody from writing. */
async function interact(options: SqlOptions): Promise<void> {
  const history = await runShell({
    input: process.stdin,
    output: process.stdout,
    isTerminal: true,
    run: (text, signal) => ask(parseAsked(text, analysisRequest(options)), { ...options, signal }),
    list: sqlList,
    print,
    names: await sqlNames(),
    history: await readHistory(),
  });
  await Deno.mkdir(dirname(HISTORY_FILE), { recursive: true });
  await Deno.writeTextFile(HISTORY_FILE, history.toReversed().map((line) => `${line}\n`).join(""), {
    mode: 0o600,
  });
}

async function readHistory(): Promise<readonly string[]> {
  try {
    return (await Deno.readTextFile(HISTORY_FILE)).split("\n").filter((line) => line !== "")
      .reverse();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
