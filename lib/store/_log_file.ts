/**
 * The layout of DuckDB's log (`FILE.wal`), as far as telling whole commits from torn ones asks for: a header, then entries of
 * `size: u64, checksum: u64, payload`. A commit is a row of entries of which the last is always the same 21 bytes.
 *
 * Invariant: nothing here judges checksums or payloads. DuckDB does when it replays what is put together here.
 */
import { resolve } from "node:path";

/** The header of every log that is not encrypted: entry 98, version 2. */
const HEADER = Uint8Array.from([0x64, 0, 98, 0x65, 0, 2, 0xff, 0xff]);

/** Entry 100, which ends a commit, with its size and checksum. Neither is UTF-8, so that no text that is stored looks like it. */
const COMMIT_MARK = Uint8Array.from(
  [
    5,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0xe7,
    0xfe,
    0x7d,
    0x72,
    0x2f,
    0xed,
    0x3d,
    0x5e,
    0x64,
    0,
    100,
    0xff,
    0xff,
  ],
);

/** Payload of entry 25: the rows that follow are of table `main.tree`. */
const TREE_ROWS = Uint8Array.from([
  ...[0x64, 0, 25, 0x65, 0, 4, ...new TextEncoder().encode("main")],
  ...[0x66, 0, 4, ...new TextEncoder().encode("tree"), 0xff, 0xff],
]);

/** Bytes of an entry before its payload. */
const ENTRY_HEAD = 16;

/** Entries that add rows at the end of a table, or say of which: they mean the same whatever came before them. */
const ADDING_ENTRIES: ReadonlySet<number> = new Set([25, 26, 100]);

/** Where a database really lies: DuckDB follows links, and keeps the log there. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return resolve(path);
    throw error;
  }
}

/** The log beside a database. */
export function logPath(path: string): string {
  return `${realPath(path)}.wal`;
}

/** Size of the log beside a database in bytes; 0 where there is none. */
export async function logSize(path: string): Promise<number> {
  try {
    return (await Deno.stat(logPath(path))).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Where replaying a log ends too early. */
export interface UnreadCommits {
  /** Byte from which on DuckDB would read nothing. */
  readonly from: number;
  /** Commits that are recognised behind it. */
  readonly commits: number;
}

/**
 * Looks for whole commits that DuckDB would pass over in silence: those behind an entry that seems to reach beyond the end. An entry
 * that a killed process was writing has none behind it. Reads the sizes of entries alone, unless something is found.
 */
export async function findUnreadCommits(path: string): Promise<UnreadCommits | null> {
  const file = await openIfThere(logPath(path));
  if (file === null) return null;
  using log = file;
  const { size } = await log.stat();
  const from = await readableEnd(log, size);
  if (from === null || from >= size) return null;
  const rest = new Uint8Array(size - from);
  await readAt(log, from, rest);
  const commits = marksIn(rest).length;
  const isNoLog = from === 0 && size >= HEADER.length;
  return commits > 0 || isNoLog ? { from, commits } : null;
}

/** Where the entries end that follow on one another; 0 where not even the header is one, `null` for a log of another version. */
async function readableEnd(log: Deno.FsFile, size: number): Promise<number | null> {
  const head = new Uint8Array(HEADER.length);
  await readAt(log, 0, head);
  if (!startsWith(head, HEADER)) return startsWith(head, HEADER.subarray(0, 5)) ? null : 0;
  const entry = new Uint8Array(8);
  let place = HEADER.length;
  while (place + ENTRY_HEAD <= size) {
    // Entries are many, and each of these reads is of 8 bytes that the system has at hand.
    log.seekSync(place, Deno.SeekMode.Start);
    log.readSync(entry);
    const end = place + ENTRY_HEAD + sizeAt(entry, 0);
    if (end > size) break;
    place = end;
  }
  return place;
}

async function readAt(log: Deno.FsFile, place: number, into: Uint8Array): Promise<void> {
  await log.seek(place, Deno.SeekMode.Start);
  for (let done = 0; done < into.length;) {
    const read = await log.read(into.subarray(done));
    if (read === null) return;
    done += read;
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A stretch of a log that ends with the mark of a commit. */
export interface LoggedCommit {
  readonly start: number;
  /** First byte behind the mark. */
  readonly end: number;
  /** Whether its entries fit together; their checksums may still be wrong. */
  readonly isWhole: boolean;
  /** Whether it only adds rows, so that it means the same when a commit before it is missing. */
  readonly addsOnly: boolean;
  /** Trees that are recognised in it. */
  readonly trees: number;
}

/** A log taken apart. */
export interface LoggedCommits {
  readonly hasHeader: boolean;
  readonly commits: readonly LoggedCommit[];
  /** Bytes behind the last commit: of one that was never finished, or of what cannot be recognised. */
  readonly rest: number;
}

/** Whether a log is one that can be taken apart: encrypted ones and those of other versions cannot. */
export function isKnownVersion(log: Uint8Array): boolean {
  return startsWith(log, HEADER) || !startsWith(log, HEADER.subarray(0, 5));
}

/** Takes a log apart by the marks of its commits, whatever lies between them. */
export function takeApart(log: Uint8Array): LoggedCommits {
  let start = Math.min(HEADER.length, log.length);
  const commits = marksIn(log).map((mark) => {
    const end = mark + COMMIT_MARK.length;
    const commit = { start, end, ...entriesOf(log, start, end), trees: treesIn(log, start, end) };
    start = end;
    return commit;
  });
  return { hasHeader: startsWith(log, HEADER), commits, rest: log.length - start };
}

/** A log of some commits of another one. */
export function putTogether(log: Uint8Array, commits: readonly LoggedCommit[]): Uint8Array {
  const parts = [HEADER, ...commits.map(({ start, end }) => log.subarray(start, end))];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** Index of the commit that holds a byte of the log that {@linkcode putTogether} makes of them; -1 for none. */
export function commitAt(commits: readonly LoggedCommit[], byte: number): number {
  let end = HEADER.length;
  return commits.findIndex((commit) => {
    end += commit.end - commit.start;
    return byte < end;
  });
}

/** Whether entries fill a stretch exactly, and whether all of them only add rows. */
function entriesOf(log: Uint8Array, start: number, end: number) {
  let addsOnly = true;
  let place = start;
  while (place + ENTRY_HEAD < end) {
    // Payloads begin with the number of the field that says what the entry is.
    addsOnly &&= ADDING_ENTRIES.has(log[place + ENTRY_HEAD + 2] ?? -1);
    place += ENTRY_HEAD + sizeAt(log, place);
  }
  return { isWhole: place === end, addsOnly };
}

/** Counts rows of table `tree` that a stretch of a log adds, as far as they are recognised. */
function treesIn(log: Uint8Array, start: number, end: number): number {
  return occurrences(log.subarray(start, end), TREE_ROWS).reduce((sum, place) => {
    // The payload of the entry that follows: what it is (26), and a chunk, whose first field is the count of its rows.
    const payload = start + place + TREE_ROWS.length + ENTRY_HEAD;
    return sum + (log[payload + 2] === 26 ? log[payload + 7] ?? 0 : 0);
  }, 0);
}

function marksIn(bytes: Uint8Array): readonly number[] {
  return occurrences(bytes, COMMIT_MARK);
}

function occurrences(bytes: Uint8Array, wanted: Uint8Array): readonly number[] {
  const found: number[] = [];
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (startsWith(bytes.subarray(at, at + wanted.length), wanted)) found.push(at);
  }
  return found;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return bytes.length >= wanted.length && wanted.every((byte, i) => bytes[i] === byte);
}

/** A size as a number; sizes beyond 2^53 are wrong and stay too large. */
function sizeAt(bytes: Uint8Array, place: number): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(place, true));
}
