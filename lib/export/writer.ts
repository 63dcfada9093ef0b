import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { UsageError } from "../core/mod.ts";
import { EXPORT_MANIFEST, type ExportFormat, type ExportManifest } from "./manifest.ts";

/** Text is encoded and written in pieces of about this size. */
const PIECE_CHARACTERS = 1 << 20;

/** Name of each format's file; `own` is what is written where a format has none. */
export type FileNames =
  & Readonly<Partial<Record<ExportFormat, string>>>
  & { readonly own: string };

/** A row of an export in one format. */
export interface FormattedRow {
  readonly format: ExportFormat;
  readonly row: unknown;
}

/** Options of {@linkcode openExportWriter}. */
export interface ExportWriterOptions {
  readonly formats: readonly ExportFormat[];
  readonly names: FileNames;
}

/**
 * Where an export goes. Closing one that is not finished leaves nothing of it, and an earlier export as it was.
 */
export interface ExportWriter extends AsyncDisposable {
  /** Formats that are written, each once. */
  readonly formats: readonly ExportFormat[];
  /** Adds a row. */
  write(row: FormattedRow): Promise<void>;
  /** Writes the manifest, the last file, and puts the export in its place. */
  finish(rest: Omit<ExportManifest, "version" | "files">): Promise<ExportManifest>;
}

/**
 * Opens a writer: into a folder beside the export's place, which is moved there when it is whole; or, without a folder, into nothing.
 *
 * @throws {UsageError} If the folder holds something else than an export, or one of the formats does not exist for this data.
 */
export async function openExportWriter(
  folder: string | null,
  { formats, names }: ExportWriterOptions,
): Promise<ExportWriter> {
  const files = new Map<ExportFormat, string>();
  for (const format of formats) {
    const name = names[format];
    if (name === undefined) {
      throw new UsageError(
        `Cannot write format "${format}": this data has ${Object.keys(names).join(", ")} only`,
      );
    }
    files.set(format, name);
  }
  return folder === null ? countingWriter(files) : await FolderWriter.open(resolve(folder), files);
}

/** Counts only; what it would have written is not known. */
function countingWriter(files: ReadonlyMap<ExportFormat, string>): ExportWriter {
  return {
    formats: [...files.keys()],
    write: () => Promise.resolve(),
    finish: (rest) => Promise.resolve({ version: 1, files: [], ...rest }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

class FolderWriter implements ExportWriter {
  readonly #folder: string;
  readonly #files: ReadonlyMap<ExportFormat, DataFile>;
  #isDone = false;

  /** Use {@linkcode openExportWriter}. */
  private constructor(folder: string, files: ReadonlyMap<ExportFormat, DataFile>) {
    this.#folder = folder;
    this.#files = files;
  }

  static async open(
    folder: string,
    names: ReadonlyMap<ExportFormat, string>,
  ): Promise<FolderWriter> {
    await finishReplacement(folder);
    await refuseOther(folder);
    await removeIfThere(partialOf(folder));
    await Deno.mkdir(partialOf(folder), { recursive: true });
    const files = new Map<ExportFormat, DataFile>();
    const writer = new FolderWriter(folder, files);
    try {
      for (const [format, name] of names) {
        const path = join(partialOf(folder), name);
        const file = await Deno.open(path, { write: true, createNew: true });
        files.set(format, new DataFile(file, { name, format }));
      }
      return writer;
    } catch (error) {
      await writer[Symbol.asyncDispose]();
      throw error;
    }
  }

  get formats(): readonly ExportFormat[] {
    return [...this.#files.keys()];
  }

  async write({ format, row }: FormattedRow): Promise<void> {
    await this.#files.get(format)?.write(row);
  }

  async finish(rest: Omit<ExportManifest, "version" | "files">): Promise<ExportManifest> {
    const files = [];
    for (const file of this.#files.values()) files.push(await file.finish());
    const manifest: ExportManifest = { version: 1, files, ...rest };
    const folder = this.#folder;
    await writeDurably(
      join(partialOf(folder), EXPORT_MANIFEST),
      `${JSON.stringify(manifest, null, 2)}\n`,
    );
    if (await isThere(folder)) await Deno.rename(folder, replacedOf(folder));
    await Deno.rename(partialOf(folder), folder);
    this.#isDone = true;
    await removeIfThere(replacedOf(folder));
    return manifest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) file[Symbol.dispose]();
    if (!this.#isDone) await removeIfThere(partialOf(this.#folder));
  }
}

/** One data file: lines of JSON, or one array. */
class DataFile implements Disposable {
  readonly #name: string;
  readonly #format: ExportFormat;
  readonly #isArray: boolean;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  #pending: string[] = [];
  #pendingCharacters = 0;
  #rows = 0;
  #bytes = 0;
  #isOpen = true;

  constructor(
    file: Deno.FsFile,
    options: { readonly name: string; readonly format: ExportFormat },
  ) {
    this.#file = file;
    this.#name = options.name;
    this.#format = options.format;
    this.#isArray = options.name.endsWith(".json");
  }

  async write(row: unknown): Promise<void> {
    const text = JSON.stringify(row);
    this.#add(this.#isArray ? `${this.#rows === 0 ? "[\n" : ",\n"}${text}` : `${text}\n`);
    this.#rows++;
    if (this.#pendingCharacters >= PIECE_CHARACTERS) await this.#flush();
  }

  async finish(): Promise<ExportManifest["files"][number]> {
    if (this.#isArray) this.#add(this.#rows === 0 ? "[]\n" : "\n]\n");
    await this.#flush();
    await this.#file.syncData();
    this[Symbol.dispose]();
    const sha256 = this.#hash.digest("hex");
    return { name: this.#name, format: this.#format, rows: this.#rows, bytes: this.#bytes, sha256 };
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  #add(text: string): void {
    this.#pending.push(text);
    this.#pendingCharacters += text.length;
  }

  async #flush(): Promise<void> {
    const bytes = new TextEncoder().encode(this.#pending.join(""));
    this.#pending = [];
    this.#pendingCharacters = 0;
    this.#hash.update(bytes);
    this.#bytes += bytes.byteLength;
    await writeAll(this.#file, bytes);
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) done += await file.write(bytes.subarray(done));
}

async function writeDurably(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  await writeAll(file, new TextEncoder().encode(text));
  await file.syncData();
}

function partialOf(folder: string): string {
  return `${folder}.partial`;
}

function replacedOf(folder: string): string {
  return `${folder}.replaced`;
}

/** Undoes or completes what a process that died between two renames left. */
async function finishReplacement(folder: string): Promise<void> {
  if (!await isThere(replacedOf(folder))) return;
  if (await isThere(folder)) await removeIfThere(replacedOf(folder));
  else await Deno.rename(replacedOf(folder), folder);
}

async function refuseOther(folder: string): Promise<void> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) names.push(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new UsageError(`Cannot export to "${folder}": expected a folder, got a file`, {
      cause: error,
    });
  }
  if (names.length === 0 || names.includes(EXPORT_MANIFEST)) return;
  throw new UsageError(
    `Cannot export to "${folder}": expected a new or empty folder or an earlier export, got other files`,
  );
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
