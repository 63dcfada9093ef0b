/** Rows on standard output, as they come: a million of them take no more memory than a few. */
import Table from "cli-table3";
import { stringify } from "csv-stringify/sync";
import type { Json } from "../../core/mod.ts";
import type { QueryRows } from "../../store/mod.ts";

/** Forms in which rows can be printed; Parquet goes to a file. */
export const TEXT_FORMATS = ["table", "csv", "json"] as const;

/** A form in which rows can be printed. */
export type TextFormat = typeof TEXT_FORMATS[number];

/** Longest text that a cell of a table shows. */
const CELL_LENGTH = 80;

/** Where text goes. */
export interface TextSink {
  readonly write: (text: string) => Promise<void>;
  /** Whether a person looks at it: then control characters of model text are replaced. */
  readonly isTerminal: boolean;
}

/** Standard output of the process; `write` returns when every byte is written. */
export const STDOUT: TextSink = {
  write: async (text) => {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(await Deno.stdout.write(bytes));
  },
  isTerminal: Deno.stdout.isTerminal(),
};

/** How rows are printed. */
export interface PrintOptions {
  readonly format: TextFormat;
  /** Most rows of a table. */
  readonly maxRows: number;
}

/** Prints the rows of a query. Whoever stops reading (`| head`) ends it without an error. */
export async function printRows(
  rows: QueryRows,
  { format, maxRows }: PrintOptions,
  sink: TextSink = STDOUT,
): Promise<void> {
  try {
    if (format === "table") await printTable(rows, maxRows, sink);
    else if (format === "csv") await printCsv(rows, sink);
    else await printJson(rows, sink);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

async function printTable(
  { columns, types, batches }: QueryRows,
  maxRows: number,
  sink: TextSink,
): Promise<void> {
  const table = new Table({
    head: columns.map(cellText),
    style: { head: [], border: [], compact: true },
  });
  let hasMore = false;
  for await (const batch of batches) {
    const room = maxRows - table.length;
    for (const row of batch.slice(0, room)) {
      table.push(row.map((cell, i) => cellText(readable(cell, types[i] ?? ""))));
    }
    hasMore = batch.length > room;
    if (hasMore) break;
  }
  await sink.write(`${table.toString()}\n`);
  await sink.write(
    hasMore
      ? `first ${maxRows} rows; --rows shows more, --format csv and json show all\n`
      : `${table.length} rows\n`,
  );
}

async function printCsv({ columns, batches }: QueryRows, sink: TextSink): Promise<void> {
  const lines = (rows: readonly (readonly (string | null)[])[]) => {
    const text = stringify(rows.map((row) => [...row]), { quoted_match: /^$/ });
    return sink.write(sink.isTerminal ? text.replaceAll(CONTROL_IN_LINES, "\ufffd") : text);
  };
  await lines([columns]);
  for await (const batch of batches) {
    await lines(batch.map((row) => row.map((cell) => (cell === null ? null : plainText(cell)))));
  }
}

async function printJson({ columns, batches }: QueryRows, sink: TextSink): Promise<void> {
  let separator = "[";
  for await (const batch of batches) {
    if (batch.length === 0) continue;
    const rows = batch.map((row) =>
      JSON.stringify(Object.fromEntries(columns.map((column, i) => [column, row[i] ?? null])))
    );
    const text = `${separator}${rows.join(",")}`;
    // JSON leaves these as they are, and a terminal would obey them.
    await sink.write(text.replaceAll(/[\u007f-\u009f]/g, escaped));
    separator = ",";
  }
  await sink.write(separator === "[" ? "[]\n" : "]\n");
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

const CONTROL_IN_LINES = /(?![\n\r\t])[\p{Cc}\p{Cf}]/gu;

function plainText(cell: Json): string {
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

/** Digits of a measured number that a person reads. */
const DIGITS = 6;

/** Less than this is what rounding leaves of a sum that is nothing. */
const NOTHING = 1e-12;

/** A measured number as a person reads it; csv and json keep every digit. Whole numbers and what is exact stay as they are. */
function readable(cell: Json, type: string): Json {
  if (typeof cell !== "number" || !/^(DOUBLE|FLOAT)$/.test(type)) return cell;
  if (Math.abs(cell) < NOTHING) return 0;
  if (Number.isInteger(cell) || Math.abs(cell) >= 10 ** DIGITS) return Math.round(cell);
  return Number(cell.toPrecision(DIGITS));
}

/** Model text is shown, never interpreted: control characters would reach the terminal. */
function cellText(cell: Json): string {
  const text = cell === null ? "" : plainText(cell);
  const safe = text.slice(0, CELL_LENGTH + 1)
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, (c) => (c === "\n" ? "\u23ce" : "\ufffd"));
  return safe.length <= CELL_LENGTH ? safe : `${safe.slice(0, CELL_LENGTH - 1)}…`;
}
