import { parse } from "csv-parse/sync";
import { extname } from "node:path";
import { DatasetError, StoreError } from "../core/mod.ts";
import { jsonFault } from "./_json_fault.ts";
import { isMessages, isRow, questionShape } from "./fields.ts";
import { readLines, readText, requireGranted } from "./_text_file.ts";

/** A row of a file before it is a problem, and where it stands. */
export interface RawRow {
  /** One-based line of a text file; number of the item of a JSON array, or of the row of a Parquet file. */
  readonly line: number;
  /** The same in words: `line 3`, `item 3`, `row 3`. */
  readonly place: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Reads the rows of a Parquet file; bound to DuckDB by `cli`. */
export type ParquetReader = (path: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** File types that are read, each also with `.gz` behind it. */
export const FILE_TYPES = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"] as const;

/** Advice for a file of another type, by the ending of its name. */
const CURES: Readonly<Record<string, string>> = {
  ".gz": "unpack it with gunzip, or name what is in it, for instance .jsonl.gz",
  ".zst": "unpack it with zstd -d",
  ".xz": "unpack it with xz -d",
  ".bz2": "unpack it with bzip2 -d",
  ".zip": "unpack it with unzip",
  ".xlsx": "save it as .csv",
  ".txt": "rename it by what is in it",
};

/**
 * Reads a file as rows; its name says what it is.
 *
 * @throws {DatasetError} If it does not exist, is of another type, is not valid UTF-8, or has a broken line.
 */
export async function readRows(
  path: string,
  options: { readonly readParquet: ParquetReader },
): Promise<readonly RawRow[]> {
  const type = fileType(path);
  switch (type) {
    case ".jsonl":
    case ".ndjson":
      return await jsonLines(path);
    case ".json":
      return await jsonDocument(path, await readText(path));
    case ".csv":
    case ".tsv":
      return csvRows(path, await readText(path));
    case ".parquet":
      return await parquetRows(path, options.readParquet);
    default:
      throw new DatasetError(
        path,
        null,
        `Cannot read "${path}": expected a file ending in ${FILE_TYPES.join(", ")}, got ${
          type === "" ? "no ending" : `"${type}"`
        }${CURES[type] === undefined ? "" : `; ${CURES[type]}`}`,
      );
  }
}

/** The ending that says what a file is, in small letters, without the `.gz` behind it. */
export function fileType(path: string): string {
  const lower = path.toLowerCase();
  const inner = lower.endsWith(".gz") ? extname(lower.slice(0, -3)) : "";
  return inner === "" ? extname(lower) : inner;
}

async function parquetRows(path: string, read: ParquetReader): Promise<readonly RawRow[]> {
  try {
    await requireGranted(path);
    return (await read(path)).map((fields, i) => ({ ...placeOf("row", i), fields }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new DatasetError(path, null, error.message, { cause: error });
  }
}

function placeOf(unit: "line" | "item" | "row", index: number) {
  return { line: index + 1, place: `${unit} ${index + 1}` };
}

async function jsonLines(path: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for await (const { text, line } of readLines(path)) {
    if (text.trim() === "") continue;
    let value: unknown;
    try {
      value = parseExactly(text);
    } catch (error) {
      const cure = rows.length === 0 && /^\s*[[{]\s*$/.test(text)
        ? "; a file that is one JSON text over several lines ends in .json"
        : "";
      const { reason } = jsonFault(text, error);
      throw broken(path, line, `expected a JSON object: ${reason}${cure}`, error);
    }
    const place = placeOf("line", line - 1);
    rows.push({ ...place, fields: asFields(path, place, value) });
  }
  return rows;
}

/** The rows of one JSON text; of one object a line, where the ending only says `.json`. */
async function jsonDocument(path: string, text: string): Promise<RawRow[]> {
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch (error) {
    if (isObjectLine(text)) return await jsonLines(path);
    const { line, reason } = jsonFault(text, error);
    throw broken(path, line, `expected a JSON array of objects: ${reason}`, error);
  }
  return itemsOf(path, value).map((row, i) => {
    const place = placeOf("item", i);
    return { ...place, fields: asFields(path, place, row) };
  });
}

function isObjectLine(text: string): boolean {
  try {
    return isRow(JSON.parse(text.trimStart().split("\n", 1)[0] ?? ""));
  } catch {
    // What is no object by itself begins a text over several lines, whose fault is told.
    return false;
  }
}

/** The problems of a JSON text: a list, one problem, an object that holds one list of them, or one that names each by its id. */
function itemsOf(path: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isRow(value)) {
    throw broken(path, 1, `expected a JSON array of objects, got ${shown(value)}`, undefined);
  }
  const shape = questionShape(value);
  if (shape === "text") return [value];
  const lists = Object.values(value).filter((part) => Array.isArray(part) && part.every(isRow));
  const [only] = lists;
  if (shape === null && lists.length === 1 && Array.isArray(only)) return only;
  const named = Object.entries(value).map(([id, part]) => isRow(part) ? { id, ...part } : null);
  if (shape === null && named.length > 0 && !named.includes(null)) return named;
  const cure = shape === null
    ? "write the list of problems alone into a file"
    : 'write a list of rows (pandas: orient="records")';
  const got = Object.keys(value).slice(0, 8).join(", ");
  throw broken(
    path,
    1,
    `expected a JSON array of objects, got one with ${got}; ${cure}`,
    undefined,
  );
}

/** A number that has more digits than a double keeps, or an exponent that it may not. */
const LONG_NUMBER = /\d[\d.]{14,}|\d[eE][+-]?\d{2}/;

/**
 * Parses JSON so that numbers that a double cannot hold stay what is written, as text: 2^64 + 1 is a reference answer. Looking at
 * every number's own text is slow, so that only lines that have a long one are read in this way.
 */
function parseExactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) {
      return value;
    }
    const isExact = String(value) === source || (Number.isFinite(value) && /[eE]/.test(source));
    return isExact ? value : source;
  };
  return JSON.parse(text, reviver);
}

function asFields(
  path: string,
  { line, place }: Pick<RawRow, "line" | "place">,
  value: unknown,
): RawRow["fields"] {
  if (isRow(value)) return value;
  if (isMessages(value)) return { messages: value };
  const cure = Array.isArray(value) && place === "line 1" ? "; a JSON list ends in .json" : "";
  throw new DatasetError(
    path,
    line,
    `Cannot read "${path}" ${place}: expected a JSON object, got ${shown(value)}${cure}`,
  );
}

/** Beginning of a value, for messages. */
function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 40) ?? "nothing";
}

function csvRows(path: string, source: string): RawRow[] {
  // Within quotes the parser counts a line that ends in both signs twice.
  const text = source.replaceAll("\r\n", "\n");
  const delimiter = delimiterOf(text);
  try {
    const rows: { record: Record<string, string>; info: { lines: number }; raw: string }[] = parse(
      text,
      {
        columns: columnNames,
        delimiter,
        bom: true,
        info: true,
        raw: true,
        // Between tabs a quotation mark is often a mark like any other.
        relax_quotes: delimiter === "\t",
        skip_empty_lines: true,
      },
    );
    return rows.map(({ record, info, raw }) => ({
      ...placeOf("line", info.lines - raw.trim().split("\n").length),
      fields: record,
    }));
  } catch (error) {
    const line = error instanceof Error && "lines" in error ? Number(error.lines) : 1;
    const reason = error instanceof Error ? error.message : String(error);
    const cure = /Record Length/.test(reason)
      ? `; a text that holds "${delimiter}" stands in double quotes`
      : /Quote/.test(reason)
      ? "; a quotation mark within a text is written twice, and the text stands in quotes"
      : "";
    throw broken(path, line, `${reason}${cure}`, error);
  }
}

function columnNames(header: readonly string[]): string[] {
  const names = header.map((name) => name.trim());
  const twice = names.find((name, i) => name !== "" && names.indexOf(name) < i);
  if (twice === undefined) return names;
  throw new Error(`two columns are named "${twice}"; rename one`);
}

/** The sign that parts most columns in the first line: spreadsheets of many countries write semicolons. */
function delimiterOf(text: string): string {
  const header = text.split("\n", 1)[0]?.replaceAll(/"[^"]*"/g, "") ?? "";
  const count = (sign: string) => header.split(sign).length;
  return [",", ";", "\t", "|"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

function broken(path: string, line: number, reason: string, cause: unknown): DatasetError {
  return new DatasetError(path, line, `Cannot read "${path}" line ${line}: ${reason}`, { cause });
}
