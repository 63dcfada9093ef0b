/**
 * The one place that touches DuckDB: opening, tuning, locking down, and turning its errors into sentences.
 *
 * FFI passes Deno's file permissions by, so DuckDB itself is locked: after opening, nothing but the
 * database itself is within reach (of a writer also the snapshot that it makes), and no later statement can change that
 * (docs/architecture.md, "store").
 */
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBResultReader,
  type DuckDBValue,
} from "@duckdb/node-api";
import { dirname, resolve } from "node:path";
import { findUnreadCommits } from "./_log_file.ts";
import { damagedLog, isFatal, storeError } from "./_store_error.ts";

/** Parameters of a statement, by position. */
export type Parameters = readonly DuckDBValue[];

/** Options of {@linkcode openDatabase}. */
export interface DatabaseOptions {
  readonly access: "READ_WRITE" | "READ_ONLY";
  /** Threads of queries. @default DuckDB's own, all cores */
  readonly threads?: number;
  /** Memory that DuckDB may use, mostly for pages of the file that it keeps, in MiB. @default 80 % of the machine's */
  readonly memoryMiB?: number;
  /** Files beside the database that statements may reach. @default none */
  readonly files?: readonly string[];
}

/** Settings that must be made before the lock. 16 MB, the default threshold, stalls writers for seconds (docs/architecture.md, "store"). */
const TUNING = ["SET checkpoint_threshold = '256MB'", "SET TimeZone = 'UTC'"];

/** An open database and one connection to it. */
export class Database implements Disposable {
  readonly path: string;
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  /** Use {@linkcode openDatabase}. */
  constructor(path: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.path = path;
    this.#instance = instance;
    this.connection = connection;
  }

  /**
   * Runs a statement and reads all its rows.
   *
   * @throws {StoreError} If it fails.
   */
  async rows(sql: string, parameters: Parameters = []): Promise<Record<string, DuckDBValue>[]> {
    return (await this.#read(sql, parameters)).getRowObjects();
  }

  /** Runs a statement and reads its rows column by column, which is the fast way for many rows. */
  async columns(sql: string, parameters: Parameters = []): Promise<DuckDBValue[][]> {
    return (await this.#read(sql, parameters)).getColumns();
  }

  /** Runs a statement for its effect. */
  async run(sql: string, parameters: Parameters = []): Promise<void> {
    await this.#read(sql, parameters);
  }

  /** Runs `body` in a transaction, which is rolled back when it throws. */
  async transaction<T>(body: () => Promise<T>): Promise<T> {
    await this.run("BEGIN");
    try {
      const result = await body();
      await this.run("COMMIT");
      return result;
    } catch (error) {
      // After a FATAL error there is no transaction left to roll back; the first error is the one that counts.
      if (!isFatal(error)) await this.run("ROLLBACK").catch(() => {});
      throw error;
    }
  }

  async #read(sql: string, parameters: Parameters): Promise<DuckDBResultReader> {
    try {
      return parameters.length === 0
        ? await this.connection.runAndReadAll(sql)
        : await this.connection.runAndReadAll(sql, [...parameters]);
    } catch (error) {
      throw storeError(this.path, error);
    }
  }

  /** A second connection, which sees what is committed. The caller closes it. */
  connect(): Promise<DuckDBConnection> {
    return this.#instance.connect();
  }

  /** Closes the connection and the file. */
  [Symbol.dispose](): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

/**
 * Opens a database file, tuned and locked down.
 *
 * @throws {StoreError} If it is held by another process (whose number is named), is no database, or cannot be written.
 */
export async function openDatabase(path: string, options: DatabaseOptions): Promise<Database> {
  const full = resolve(path);
  const instance = await createInstance(path, full, options);
  try {
    const database = new Database(path, instance, await instance.connect());
    const threads = options.threads === undefined ? [] : [`SET threads = ${options.threads}`];
    const memory = options.memoryMiB === undefined
      ? []
      : [`SET memory_limit = '${options.memoryMiB}MiB'`];
    // DuckDB reaches its own file, log and spilled data anyway.
    const reach = {
      folders: options.access === "READ_WRITE" ? [snapshotFolder(full)] : [],
      files: options.files ?? [],
    };
    for (const statement of [...TUNING, ...threads, ...memory, ...lockDown(reach)]) {
      await database.run(statement);
    }
    return database;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

/** Places that statements may reach besides the database itself. */
export interface Reach {
  /** @default none */
  readonly folders?: readonly string[];
  /** @default none */
  readonly files?: readonly string[];
}

/** Statements after which nothing else is within reach, and no later one can change that. */
function lockDown({ folders = [], files = [] }: Reach): readonly string[] {
  return [
    `SET allowed_directories = [${folders.map(sqlText).join(", ")}]`,
    `SET allowed_paths = [${files.map(sqlText).join(", ")}]`,
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ];
}

/**
 * Opens a database in memory, locked down.
 *
 * @param path What errors name.
 * @throws {StoreError} If there is no memory for it.
 */
export async function openMemory(path: string, reach: Reach = {}): Promise<Database> {
  const instance = await createMemory(path);
  try {
    const database = new Database(path, instance, await instance.connect());
    for (const statement of lockDown(reach)) await database.run(statement);
    return database;
  } catch (error) {
    instance.closeSync();
    throw storeError(path, error);
  }
}

async function createMemory(path: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(":memory:");
  } catch (error) {
    throw storeError(path, error);
  }
}

/** Copies all that a catalogue holds into a new file, through a name that nothing else has. */
export async function copyCatalogue(
  database: Database,
  { catalogue, to }: { readonly catalogue: string; readonly to: string },
): Promise<void> {
  await database.run(`ATTACH ${sqlText(to)} AS rstar_copy`);
  try {
    const name = `"${catalogue.replaceAll('"', '""')}"`;
    await database.run(`COPY FROM DATABASE ${name} TO rstar_copy`);
  } finally {
    await database.run("DETACH rstar_copy");
  }
}

/** Where a snapshot is made before it gets its place: the one folder that a writer reaches. It exists only meanwhile. */
export function snapshotFolder(path: string): string {
  return `${path}.snapshot`;
}

/** A text as a literal. For what takes no parameters: settings, names of files, ATTACH. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

async function createInstance(
  path: string,
  full: string,
  options: DatabaseOptions,
): Promise<DuckDBInstance> {
  try {
    if (options.access === "READ_WRITE") await Deno.mkdir(dirname(full), { recursive: true });
    await refuseUnreadCommits(path);
    return await DuckDBInstance.create(full, { access_mode: options.access });
  } catch (error) {
    throw storeError(path, error);
  }
}

/**
 * Refuses a database of whose log DuckDB would read a part and throw the rest away without a word: it takes a size that is wrong for
 * the end of the log, and a first page that is wrong for no log at all.
 *
 * @throws {StoreError} If there are such commits, or a process that holds the file may be writing them just now.
 */
export async function refuseUnreadCommits(path: string): Promise<void> {
  const full = resolve(path);
  if (await findUnreadCommits(full) === null) return;
  // Nobody writes while the file is open for reading, so that what is seen twice is no commit that was being written.
  const instance = await DuckDBInstance.create(full, { access_mode: "READ_ONLY" })
    .catch((error: unknown) => {
      throw storeError(path, error);
    });
  try {
    const unread = await findUnreadCommits(full);
    if (unread !== null) throw damagedLog(path, unread);
  } finally {
    instance.closeSync();
  }
}
