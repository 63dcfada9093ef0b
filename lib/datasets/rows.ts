import { parse } from "csv-parse/sync";
import { extname } from "node:path";
import { DatasetError, fileFault, StoreError } from "../core/mod.ts";

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
export const FILE_TYPES = [".jsonl", ".json", ".csv", ".parquet"] as const;

/**
 * Reads a file as rows; its name says what it is.
 *
 * @throws {DatasetError} If it does not exist, is of another type, is not valid UTF-8, or has a broken line.
 */
export async function readRows(
  path: string,
  options: { readonly readParquet: ParquetReader },
): Promise<readonly RawRow[]> {
  const plain = path.endsWith(".gz") ? path.slice(0, -3) : path;
  const type = extname(plain);
  switch (type) {
    case ".jsonl":
      return jsonLines(path, await readText(path));
    case ".json":
      return jsonArray(path, await readText(path));
    case ".csv":
      return csvRows(path, await readText(path));
    case ".parquet":
      return await parquetRows(path, options.readParquet);
    default:
      throw new DatasetError(
        path,
        null,
        `Cannot read "${path}": expected a file ending in ${FILE_TYPES.join(", ")}, got ${
          type === "" ? "no ending" : `"${type}"`
        }`,
      );
  }
}

async function parquetRows(path: string, read: ParquetReader): Promise<readonly RawRow[]> {
  try {
    return (await read(path)).map((fields, i) => ({ ...placeOf("row", i), fields }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new DatasetError(path, null, error.message, { cause: error });
  }
}

function placeOf(unit: "line" | "item" | "row", index: number) {
  return { line: index + 1, place: `${unit} ${index + 1}` };
}

async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const line = firstInvalidLine(bytes);
    throw new DatasetError(
      path,
      line,
      `Cannot read "${path}" line ${line}: expected UTF-8; convert it, for instance with iconv`,
      { cause: error },
    );
  }
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (!path.endsWith(".gz")) return await Deno.readFile(path);
    const file = await Deno.open(path);
    return await new Response(file.readable.pipeThrough(new DecompressionStream("gzip"))).bytes();
  } catch (error) {
    const isGzip = error instanceof TypeError;
    const fault = isGzip ? `expected gzip data (${error.message})` : fileFault(error);
    if (fault === null) throw error;
    throw new DatasetError(path, null, `Cannot read "${path}": ${fault}`, { cause: error });
  }
}

/** UTF-8 breaks never span a line feed, so each line can be tried alone. */
function firstInvalidLine(bytes: Uint8Array<ArrayBuffer>): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(10, from);
    const to = end < 0 ? bytes.length : end;
    try {
      decoder.decode(bytes.subarray(from, to));
    } catch {
      return line;
    }
    from = to + 1;
  }
  return line;
}

function jsonLines(path: string, text: string): RawRow[] {
  return text.split("\n").flatMap((source, i) => {
    if (source.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch (error) {
      throw broken(path, i + 1, `expected a JSON object: ${jsonFault(error).reason}`, error);
    }
    const place = placeOf("line", i);
    return [{ ...place, fields: asFields(path, place, value) }];
  });
}

function jsonArray(path: string, text: string): RawRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { line, reason } = jsonFault(error);
    throw broken(path, line, `expected a JSON array of objects: ${reason}`, error);
  }
  if (!Array.isArray(value)) {
    throw broken(path, 1, `expected a JSON array of objects, got ${shown(value)}`, undefined);
  }
  return value.map((row, i) => {
    const place = placeOf("item", i);
    return { ...place, fields: asFields(path, place, row) };
  });
}

/** What is wrong with JSON text, and where, by the parser's own message. */
function jsonFault(error: unknown): { readonly line: number; readonly reason: string } {
  const message = error instanceof Error ? error.message : String(error);
  const place = /\(line (\d+) column (\d+)\)/.exec(message);
  if (place === null) return { line: 1, reason: message };
  const [what = ""] = message.split(" in JSON at position");
  return { line: Number(place[1]), reason: `${what}, column ${place[2]}` };
}

function asFields(
  path: string,
  { line, place }: Pick<RawRow, "line" | "place">,
  value: unknown,
): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new DatasetError(
    path,
    line,
    `Cannot read "${path}" ${place}: expected a JSON object, got ${shown(value)}`,
  );
}

/** Beginning of a value, for messages. */
function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 40) ?? "nothing";
}

function csvRows(path: string, text: string): RawRow[] {
  try {
    const rows: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      columns: true,
      bom: true,
      info: true,
      skip_empty_lines: true,
    });
    return rows.map(({ record, info }) => ({
      ...placeOf("line", info.lines - 1),
      fields: record,
    }));
  } catch (error) {
    const line = error instanceof Error && "lines" in error ? Number(error.lines) : 1;
    const reason = error instanceof Error ? error.message : String(error);
    throw broken(path, line, reason, error);
  }
}

function broken(path: string, line: number, reason: string, cause: unknown): DatasetError {
  return new DatasetError(path, line, `Cannot read "${path}" line ${line}: ${reason}`, { cause });
}
