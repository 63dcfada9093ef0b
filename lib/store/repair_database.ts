/**
 * Brings back what can be read of a database whose log is damaged: all commits but the torn ones where the others do not depend on
 * them, else those before the first torn one.
 *
 * Invariant: the database itself is never written. Everything is tried on a copy; the damaged log is kept under a name of its own
 * before the mended one takes its place, in one step. A repair that is ended anywhere changed nothing or everything.
 */
import { basename, join } from "node:path";
import { StoreError } from "../core/mod.ts";
import { countFaults } from "./_consistency.ts";
import { openDatabase } from "./_database.ts";
import { openStore } from "./duckdb_store.ts";
import { exists } from "./_exists.ts";
import {
  commitAt,
  isKnownVersion,
  type LoggedCommit,
  type LoggedCommits,
  logPath,
  putTogether,
  realPath,
  takeApart,
} from "./_log_file.ts";
import { brokenEntry, isBrokenLog } from "./_store_error.ts";
import type { RunInfo } from "./store.ts";

/** Result of a repair. */
export interface RepairOutcome {
  /** Where the damaged log lies now. */
  readonly kept: string;
  /** Commits of the log that were brought back. */
  readonly commits: number;
  /** Number of commits, trees and bytes that were not brought back, as far as they can be recognised. */
  readonly lost: { readonly commits: number; readonly trees: number; readonly bytes: number };
  /** Runs that the database holds now. */
  readonly runs: readonly RunInfo[];
}

/** Options of {@linkcode repairDatabase}. */
export interface RepairOptions {
  /** Time that the name of the kept log tells. */
  readonly now: Date;
}

/** Files that DuckDB leaves beside a log when it dies while it folds it in. A store writes nothing meanwhile, so that they say nothing new. */
const SIDE_FILES = [".checkpoint", ".recovery"];

/**
 * Mends a database of which the log is damaged.
 *
 * @returns What was brought back and what was not; `null` where the database can be read as it is.
 * @throws {StoreError} If a process holds it, or it is the file itself that cannot be read; nothing was changed.
 */
export async function repairDatabase(
  path: string,
  { now }: RepairOptions,
): Promise<RepairOutcome | null> {
  const fault = await faultOf(path);
  if (fault === null) return null;
  if (!fault.isDamaged || !await exists(logPath(path))) throw fault;
  await using place = await takeWorkFolder(path);
  const log = await Deno.readFile(logPath(path));
  if (!isKnownVersion(log)) throw fault;
  const apart = takeApart(log);
  const copy = join(place.folder, "copy.duckdb");
  await Deno.copyFile(path, copy);
  const commits = await new Trials(copy, log).readable(apart);
  const mended = putTogether(log, commits);
  const runs = await runsOf(copy);
  const kept = await keep(log, { path, now, folder: place.folder });
  if (commits.length === 0) await Deno.remove(logPath(path));
  else await putInPlace(mended, { at: logPath(path), folder: place.folder });
  for (const suffix of SIDE_FILES) {
    const side = `${logPath(path)}${suffix}`;
    if (await exists(side)) await Deno.rename(side, `${kept}${suffix}`);
  }
  return { kept, commits: commits.length, lost: lossOf(apart, commits), runs };
}

/** Why a database cannot be read; `null` where it can. */
async function faultOf(path: string): Promise<StoreError | null> {
  try {
    using _database = await openDatabase(path, { access: "READ_ONLY" });
    return null;
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
}

/** A folder beside the database that no other repair uses; what a repair that was killed left in it is removed. */
async function takeWorkFolder(
  path: string,
): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = `${realPath(path)}.repair`;
  await Deno.mkdir(folder, { recursive: true });
  const lockName = "lock";
  const lock = await Deno.open(join(folder, lockName), { create: true, write: true });
  if (!await lock.tryLock(true)) {
    lock.close();
    throw new StoreError(
      `Cannot repair database "${path}": another process repairs it; wait for it`,
      {
        isBusy: true,
      },
    );
  }
  for await (const { name } of Deno.readDir(folder)) {
    if (name !== lockName) await Deno.remove(join(folder, name));
  }
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      await Deno.remove(folder, { recursive: true });
      lock.close();
    },
  };
}

/** Tries logs on a copy of a database, which is opened for reading alone. */
class Trials {
  readonly #copy: string;
  readonly #log: Uint8Array;

  constructor(copy: string, log: Uint8Array) {
    this.#copy = copy;
    this.#log = log;
  }

  /** The commits that can be replayed and leave nothing without what it belongs to. */
  async readable({ commits }: LoggedCommits): Promise<readonly LoggedCommit[]> {
    const torn = new Set(commits.filter(({ isWhole }) => !isWhole));
    for (;;) {
      const candidates = withoutTorn(commits, torn);
      const fault = await this.#faultWith(candidates);
      if (fault === null) return candidates;
      const byte = fault === "inconsistent" ? null : brokenEntry(fault);
      const found = byte === null ? undefined : candidates[commitAt(candidates, byte)];
      if (found === undefined) break;
      torn.add(found);
    }
    const first = commits.findIndex((commit) => torn.has(commit));
    return await this.#longest(first < 0 ? commits : commits.slice(0, first));
  }

  /** The longest beginning of a row of commits that can be replayed, by halving. */
  async #longest(commits: readonly LoggedCommit[]): Promise<readonly LoggedCommit[]> {
    let [good, bad] = [-1, commits.length + 1];
    for (let next = commits.length; bad - good > 1; next = Math.floor((good + bad) / 2)) {
      const fault = await this.#faultWith(commits.slice(0, next));
      // What does not fit together without a torn commit did not before it either.
      if (fault === null || fault === "inconsistent") good = next;
      else if (next === 0) throw fault;
      else bad = next;
    }
    return commits.slice(0, good);
  }

  /** Finds what is wrong with the database when its log is made of these commits; `null` for nothing. */
  async #faultWith(
    commits: readonly LoggedCommit[],
  ): Promise<StoreError | "inconsistent" | null> {
    await writeDurably(logPath(this.#copy), putTogether(this.#log, commits));
    try {
      using database = await openDatabase(this.#copy, { access: "READ_ONLY" });
      const tables = await database.rows(
        "SELECT 1 FROM information_schema.tables WHERE table_name = 'tree'",
      );
      if (tables.length === 0) return null;
      return await countFaults(database) === 0 ? null : "inconsistent";
    } catch (error) {
      if (error instanceof StoreError && isBrokenLog(error)) return error;
      throw error;
    }
  }
}

/** All commits but the torn ones; behind a torn one only as long as they do nothing but add rows. */
function withoutTorn(
  commits: readonly LoggedCommit[],
  torn: ReadonlySet<LoggedCommit>,
): readonly LoggedCommit[] {
  const first = commits.findIndex((commit) => torn.has(commit));
  if (first < 0) return commits;
  const change = commits.findIndex((commit, i) =>
    i > first && !torn.has(commit) && !commit.addsOnly
  );
  return commits.slice(0, change < 0 ? commits.length : change)
    .filter((commit) => !torn.has(commit));
}

function lossOf({ commits, rest }: LoggedCommits, kept: readonly LoggedCommit[]) {
  const lost = commits.filter((commit) => !kept.includes(commit));
  return {
    commits: lost.length,
    trees: lost.reduce((sum, { trees }) => sum + trees, 0),
    bytes: lost.reduce((sum, { start, end }) => sum + end - start, rest),
  };
}

/** Opens the mended copy as commands do, which also brings it up to date. */
async function runsOf(copy: string): Promise<readonly RunInfo[]> {
  await using store = await openStore(copy);
  return await store.runs();
}

/** Keeps a damaged log under a name that nothing has yet. */
async function keep(
  log: Uint8Array,
  { path, now, folder }: { readonly path: string; readonly now: Date; readonly folder: string },
): Promise<string> {
  const time = now.toISOString().replace(/\.\d+Z$/, "").replaceAll(/[-:]/g, "").replace("T", "-");
  const name = `${logPath(path)}.damaged-${time}`;
  let kept = name;
  for (let i = 2; await exists(kept); i++) kept = `${name}-${i}`;
  await putInPlace(log, { at: kept, folder });
  return kept;
}

/** Writes a file whole: under another name first, which then takes its place. */
async function putInPlace(
  bytes: Uint8Array,
  { at, folder }: { readonly at: string; readonly folder: string },
): Promise<void> {
  const partial = join(folder, `${basename(at)}.partial`);
  await writeDurably(partial, bytes);
  await Deno.rename(partial, at);
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, truncate: true });
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
  await file.sync();
}
