/** Checks for what a long run needs of a machine besides the sandbox: room, files, a clock, a socket. */
import { dirname, join, resolve } from "node:path";
import { statfs } from "node:fs/promises";
import { fileFault, MORE_OPEN_FILES, shortBytes, StoreError, UsageError } from "../../core/mod.ts";
import { runProcess } from "../../process/mod.ts";
import { allRows } from "../../store/mod.ts";
import { connectControl, socketPath, socketPathProblem } from "../control/mod.ts";
import { openReader } from "../reader.ts";
import { finding, type Say } from "./finding.ts";

/** Size of a stored node, bytes, its share of everything else included: measured on 1 M and 5 M nodes. */
const BYTES_PER_NODE = 215;

/** Room besides the estimate: the log of the database, exported data, checkpoints. */
const SPARE_BYTES = 1e9;

/** The nearest folder above a path that is there. */
async function existingFolder(path: string): Promise<string> {
  for (let folder = dirname(resolve(path));; folder = dirname(folder)) {
    const isThere = await Deno.stat(folder).then(({ isDirectory }) => isDirectory, (error) => {
      // Above what this process may see nothing can be looked up; the file system is the same nearly always.
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    });
    if (isThere || folder === dirname(folder)) return folder;
  }
}

/** Whether the estimated trees fit on the disk. `nodes` is `null` where there is no estimate. */
export async function examineDisk(
  say: Say,
  { db, nodes }: { readonly db: string; readonly nodes: number | null },
): Promise<void> {
  say(
    await finding("disk", async () => {
      const { bavail, bsize } = await statfs(await existingFolder(db));
      const free = bavail * bsize;
      const needed = (nodes ?? 0) * BYTES_PER_NODE;
      const text = `${shortBytes(free)} free beside "${db}"; ` +
        (nodes === null
          ? "no estimate of this run"
          : `this run needs at most about ${shortBytes(needed)}`);
      if (free >= needed + SPARE_BYTES) return text;
      throw new UsageError(`${text}: free some, or name another place with --db`);
    }),
  );
}

/** Open files that a run needs: connections, pipes of sandbox workers, the database. */
const NEEDED_FILES = 1_024;

/** Deno keeps `/proc/self/limits` from a process that may not do everything; a child has the same limits. */
const PRINT_FILE_LIMIT = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])";

/** Whether a run may open as many files as it needs. */
export async function examineFileLimit(say: Say, interpreter: string): Promise<void> {
  say(
    await finding("open files", async () => {
      const { code, stdout, stderr } = await runProcess(interpreter, [
        "-I",
        "-c",
        PRINT_FILE_LIMIT,
      ]);
      if (code !== 0) throw new UsageError(`"${interpreter}" does not work: ${stderr}`);
      return describeFileLimit(Number(stdout));
    }),
  );
}

/**
 * Describes a limit of open files; a negative one means that there is none.
 *
 * @throws {UsageError} If it is too low.
 */
export function describeFileLimit(limit: number): string {
  if (limit < 0) return "no limit";
  if (limit >= NEEDED_FILES) return `${limit} allowed`;
  throw new UsageError(
    `${limit} allowed, expected at least ${NEEDED_FILES}: ${MORE_OPEN_FILES}`,
  );
}

/** How long the clocks are compared, and how far they may drift apart, milliseconds. */
const CLOCK_MS = 300;
const CLOCK_TOLERANCE_MS = 100;

/** Time stamps before this were made by a clock that was never set. */
const EARLIEST = Date.UTC(2025, 0, 1);

/** Difference between the wall clock and the monotonic one, milliseconds: a jump while a run counts its time. */
export function examineClock(say: Say): Promise<void> {
  return finding("clock", async () => {
    const [wall, monotonic] = [Date.now(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, CLOCK_MS));
    const drift = (Date.now() - wall) - (performance.now() - monotonic);
    if (wall < EARLIEST) {
      throw new UsageError(
        `it says ${
          new Date(wall).toISOString()
        }: set it, or certificates and time stamps are wrong`,
      );
    }
    if (Math.abs(drift) <= CLOCK_TOLERANCE_MS) return new Date(wall).toISOString();
    throw new UsageError(
      `it moved by ${
        Math.round(drift)
      } ms within ${CLOCK_MS} ms: something sets it; times of trees will be wrong`,
    );
  }).then(say);
}

/** Whether a run could be asked while it holds its database, or is being asked now. */
export async function examineControl(say: Say, db: string): Promise<void> {
  say(
    await finding("control endpoint", async () => {
      using client = await connectControl(db);
      if (client !== null) {
        const { pid, command } = await client.status();
        return `process ${pid} (${command}) holds "${db}" and answers`;
      }
      const path = socketPath(db);
      const problem = socketPathProblem(path);
      if (problem !== null) throw new UsageError(`${problem}: name a shorter one with --db`);
      if (await existingFolder(db) !== dirname(resolve(db))) {
        return "its folder is made with the database";
      }
      await Deno.remove(path).catch((error: unknown) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
      Deno.listen({ transport: "unix", path }).close();
      return join(dirname(db), `${db.split("/").at(-1)}.sock`);
    }),
  );
}

/** Whether this process has what it needs and no more. */
export async function examinePermissions(say: Say): Promise<void> {
  say(
    await finding("permissions", async () => {
      const { state } = await Deno.permissions.query({ name: "run" });
      return state === "granted"
        ? { warning: "started without the launcher, this process may do anything: use deno task" }
        : "exactly what the command needs (--print-permissions shows it)";
    }),
  );
}

/** The Deno that this was made for; others of the same series differ in what they refuse and fetch. */
const DENO = "2.9.6";

/** Whether this is the Deno that everything was tried with. */
export function examineDeno(say: Say): Promise<void> {
  return finding("Deno", () => {
    const version = Deno.version.deno;
    return version === DENO ? version : {
      warning: `${version}, tried with ${DENO} only: npm install -g deno@${DENO}`,
    };
  }).then(say);
}

/** Whether files can be made where a run makes them. */
export async function examineFolders(
  say: Say,
  { db, cache }: { readonly db: string; readonly cache: string },
): Promise<void> {
  const places = [
    ["folder of the database", dirname(resolve(db)), "name another place with --db"],
    ["folder of Python environments", cache, "let this user write into the project's folder"],
  ] as const;
  for (const [name, folder, cure] of places) {
    say(
      await finding(name, async () => {
        try {
          const isNew = !await isThere(folder);
          await Deno.mkdir(folder, { recursive: true });
          await Deno.remove(await Deno.makeTempFile({ dir: folder, prefix: ".doctor_" }));
          if (isNew) await Deno.remove(folder);
        } catch (error) {
          const fault = fileFault(error);
          if (fault === null) throw error;
          throw new UsageError(`Cannot write into "${folder}": ${fault}; ${cure}`);
        }
        return folder;
      }),
    );
  }
}

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, (error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
}

/** Whether a database that is there can be read. */
export async function examineDatabase(say: Say, db: string): Promise<void> {
  say(
    await finding("database", async () => {
      if (!await isThere(db)) return `"${db}" is not there yet; a run makes it`;
      try {
        using reader = await openReader(db);
        const [row] = await allRows(reader.query("select count(*) from tree"));
        return `"${db}" can be read, ${String(row?.[0])} trees`;
      } catch (error) {
        // A run migrates it; only what reads alone has to be told to.
        if (error instanceof StoreError && error.isOutdated) return { warning: error.message };
        throw error;
      }
    }),
  );
}
