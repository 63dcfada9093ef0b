import { createHash } from "node:crypto";
import { join } from "node:path";
import { UsageError } from "../core/mod.ts";
import { EXPORT_MANIFEST, type ExportFormat, type ExportManifest } from "./manifest.ts";

/** Text is written in pieces of about this size. */
const PIECE_CHARACTERS = 1 << 20;

/** Writes one data file: lines of JSON, or one array. */
class DataFile implements AsyncDisposable {
  readonly #name: string;
  readonly #format: ExportFormat;
  readonly #isArray: boolean;
  readonly #file: Deno.FsFile;
  readonly #hash = createHash("sha256");
  #pending = "";
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
    this.#pending += this.#isArray ? `${this.#rows === 0 ? "[\n" : ",\n"}${text}` : `${text}\n`;
    this.#rows++;
    if (this.#pending.length >= PIECE_CHARACTERS) await this.#flush();
  }

  async finish(): Promise<ExportManifest["files"][number]> {
    if (this.#isArray) this.#pending += this.#rows === 0 ? "[]\n" : "\n]\n";
    await this.#flush();
    await this.#file.sync();
    await this[Symbol.asyncDispose]();
    const sha256 = this.#hash.digest("hex");
    return { name: this.#name, format: this.#format, rows: this.#rows, bytes: this.#bytes, sha256 };
  }

  // deno-lint-ignore require-await
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) this.#file.close();
    this.#isOpen = false;
  }

  async #flush(): Promise<void> {
    const bytes = new TextEncoder().encode(this.#pending);
    this.#pending = "";
    this.#hash.update(bytes);
    this.#bytes += bytes.byteLength;
    for (let done = 0; done < bytes.byteLength;) {
      done += await this.#file.write(bytes.subarray(done));
    }
  }
}

/** A row of an export in every format. */
export interface FormattedRow {
  readonly format: ExportFormat;
  readonly row: unknown;
}

/** Name of each format's file. */
export type FileNames = Readonly<Record<ExportFormat, string>>;

/**
 * Writes an export: in a folder beside its place, moved there when the manifest, its last file, is written. An export that was
 * there is replaced; one that fails leaves what was there.
 */
export class ExportWriter implements AsyncDisposable {
  readonly #folder: string;
  readonly #partial: string;
  readonly #files: ReadonlyMap<ExportFormat, DataFile>;
  #isDone = false;

  private constructor(folder: string, files: ReadonlyMap<ExportFormat, DataFile>) {
    this.#folder = folder;
    this.#partial = partialOf(folder);
    this.#files = files;
  }

  /** @throws {UsageError} If the folder holds something else than an export. */
  static async open(
    folder: string,
    options: { readonly formats: readonly ExportFormat[]; readonly names: FileNames },
  ): Promise<ExportWriter> {
    await refuseOther(folder);
    const partial = partialOf(folder);
    await removeIfThere(partial);
    await Deno.mkdir(partial, { recursive: true });
    const files = new Map<ExportFormat, DataFile>();
    for (const format of new Set(options.formats)) {
      const name = options.names[format];
      const file = await Deno.open(join(partial, name), { write: true, createNew: true });
      files.set(format, new DataFile(file, { name, format }));
    }
    return new ExportWriter(folder, files);
  }

  /** Adds a row in the formats that are written. */
  async write(row: FormattedRow): Promise<void> {
    await this.#files.get(row.format)?.write(row.row);
  }

  /** Whether a format is written. */
  has(format: ExportFormat): boolean {
    return this.#files.has(format);
  }

  /** Writes the manifest and moves the export to its place. */
  async finish(rest: Omit<ExportManifest, "version" | "files">): Promise<ExportManifest> {
    const files = [];
    for (const file of this.#files.values()) files.push(await file.finish());
    const manifest: ExportManifest = { version: 1, files, ...rest };
    const path = join(this.#partial, EXPORT_MANIFEST);
    await Deno.writeTextFile(path, JSON.stringify(manifest, null, 2) + "\n");
    await removeIfThere(this.#folder);
    await Deno.rename(this.#partial, this.#folder);
    this.#isDone = true;
    return manifest;
  }

  /** Closes the files; an export that is not finished is removed. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files.values()) await file[Symbol.asyncDispose]();
    if (!this.#isDone) await removeIfThere(this.#partial);
  }
}

function partialOf(folder: string): string {
  return `${folder.replace(/\/+$/, "")}.partial`;
}

async function refuseOther(folder: string): Promise<void> {
  try {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(folder)) names.push(name);
    if (names.length === 0 || names.includes(EXPORT_MANIFEST)) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  throw new UsageError(
    `Cannot export to "${folder}": expected a new or empty folder or an earlier export, got other files`,
  );
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
