/** DuckDB's errors as sentences that a user can act on. */
import { basename } from "node:path";
import { openFilesFault, StoreError } from "../core/mod.ts";
import { logPath, type UnreadCommits } from "./_log_file.ts";

/** Whether the instance is dead: close it and open it again (docs/architecture.md, "store"). */
export function isFatal(error: unknown): boolean {
  return error instanceof StoreError && /FATAL|database has been invalidated/i.test(error.message);
}

/** Pattern of DuckDB's message when another process has the file. */
const LOCKED = /Could not set lock/i;

/** Pattern of DuckDB's message about a log that it cannot replay. */
const BROKEN_LOG = /Failure while replaying (?:checkpoint )?WAL file/i;

/** Pattern of DuckDB's message about a database whose own pages are not what was written. */
const BROKEN_PAGES = /corrupt database file|in block at location/i;

/** Whether the reason is a log that cannot be replayed. */
export function isBrokenLog(error: StoreError): boolean {
  return BROKEN_LOG.test(causeOf(error));
}

/** First byte of the entry at which replaying a log failed; `null` where DuckDB named none. */
export function brokenEntry(error: StoreError): number | null {
  // DuckDB names the byte behind size and checksum of the entry.
  const byte = /at byte position (\d+)/.exec(causeOf(error))?.[1];
  return byte === undefined ? null : Number(byte) - 16;
}

function causeOf({ cause, message }: StoreError): string {
  return cause instanceof Error ? cause.message : message;
}

/** The error of a log of which DuckDB would read a part alone, and remove the rest. */
export function damagedLog(path: string, { from, commits }: UnreadCommits): StoreError {
  const behind = commits === 0 ? "" : `, and ${commits} commits lie behind it`;
  return new StoreError(
    `Cannot use database "${path}": ${damage(path)} (at byte ${from}${behind})`,
    {
      isDamaged: true,
    },
  );
}

function damage(path: string): string {
  return `its log "${
    logPath(path)
  }" is damaged, as after a power cut or on a failing disk, so that what was stored last cannot be read; ` +
    `deno task runs repair --db "${path}" brings back what can be, and keeps the damaged log beside it`;
}

/** Turns an error of DuckDB into one that a user can act on. */
export function storeError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError(`Cannot use database "${path}": ${explain(path, text)}`, {
    cause: error,
    isBusy: LOCKED.test(text),
    isWrongFile: isMissing(path, text) || (NO_DATABASE.test(text) && !BROKEN_LOG.test(text)),
    isDamaged: BROKEN_LOG.test(text) || BROKEN_PAGES.test(text),
  });
}

const NO_DATABASE = /not a valid DuckDB database|Could not read|serialization version/i;

function isMissing(path: string, text: string): boolean {
  return /does not exist/i.test(text) && text.includes(basename(path));
}

function explain(path: string, text: string): string {
  if (LOCKED.test(text)) {
    const pid = /PID (\d+)/.exec(text)?.[1];
    const who = pid === undefined ? "another process" : `process ${pid}`;
    return `${who} has it open; wait for it or end it, or name another file with --db`;
  }
  if (BROKEN_LOG.test(text)) return `${damage(path)} (${text})`;
  if (BROKEN_PAGES.test(text)) {
    return "pages of the file itself are damaged, as on a failing disk, and nothing in it can mend them; go on with a copy that was " +
      `made before (deno task runs snapshot) or with another file (--db) (${text})`;
  }
  if (NO_DATABASE.test(text)) {
    return `it is no database that this version of DuckDB can read; name another file with --db (${text})`;
  }
  if (isMissing(path, text)) {
    return "there is no such file; make one with deno task synth, or name another with --db";
  }
  if (/permission denied|read-only file system|NotCapable|Requires \w+ access/i.test(text)) {
    return `it cannot be opened for writing; check the owner of the file and its folder (${text})`;
  }
  if (/no space left|could not write/i.test(text)) {
    return `the disk is full; free space and run the same command again: nothing stored is lost (${text})`;
  }
  return openFilesFault(text) ?? text;
}
