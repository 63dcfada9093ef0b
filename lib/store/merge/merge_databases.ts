/**
 * Brings databases together: what belongs together becomes one, what overlaps is taken once, what differs stays apart.
 *
 * Invariant: every part is taken in one transaction, so that the merged database is whole after each of them, whatever kills the process;
 * a part that was taken already adds nothing.
 */
import { dirname, resolve } from "node:path";
import { UsageError } from "../../core/mod.ts";
import { type Database, openDatabase, sqlText } from "../_database.ts";
import { exists } from "../_exists.ts";
import { migrate } from "../_migrate.ts";
import { storeError } from "../_store_error.ts";
import { countRows, PART } from "./_columns.ts";
import { inspectPart } from "./_inspect.ts";
import { mergeArtifacts } from "./_merge_artifacts.ts";
import { type MergedEvaluations, mergeEvaluations } from "./_merge_evaluations.ts";
import { mergeProblems } from "./_merge_problems.ts";
import { mergeRuns } from "./_merge_runs.ts";
import { mergeAttempts, type MergedTrees, mergeNodeScores, mergeTrees } from "./_merge_trees.ts";

/** A run that stands beside another one of its name. */
export interface RunApart {
  /** Its name in the part. */
  readonly name: string;
  /** Its name in the merged database. */
  readonly storedAs: string;
  /** Difference between the two. */
  readonly because: string;
}

/** Rows that one part added. */
export interface MergedPart extends MergedTrees, MergedEvaluations {
  readonly path: string;
  readonly problems: number;
  readonly attempts: number;
  readonly artifacts: number;
  readonly replies: number;
  readonly apart: readonly RunApart[];
}

/** Options of {@linkcode mergeDatabases}. */
export interface MergeOptions {
  /** Memory that DuckDB may take, in MiB. @default 2048 */
  readonly memoryMiB?: number;
  /** Told of each file that was looked at, before the first is merged. */
  readonly onInspected?: (path: string) => void;
  /** Told of each part that is in. */
  readonly onPart?: (part: MergedPart) => void;
  /** No further part is begun once it aborts. */
  readonly stopAdmitting?: AbortSignal;
}

/**
 * Merges databases into one, which is made where it is not there. What it holds stays as it is. The order in which parts are named changes
 * nothing; the merged file itself, and a file that is named twice, are passed by.
 *
 * @returns What each part added, in the order in which they were taken.
 * @throws {UsageError} If two databases do not belong together; the message names the difference. Parts before it are in.
 * @throws {StoreError} If one is not there, held by another process, damaged, or of another version: nothing is merged then.
 * @throws The reason of `stopAdmitting` after it aborted; parts that were begun are in.
 */
export async function mergeDatabases(
  to: string,
  from: readonly string[],
  options: MergeOptions = {},
): Promise<readonly MergedPart[]> {
  const { memoryMiB = 2_048, stopAdmitting } = options;
  const inspected = [];
  for (const path of await distinctFiles(to, from)) {
    stopAdmitting?.throwIfAborted();
    inspected.push(await inspectPart(path, memoryMiB));
    options.onInspected?.(path);
  }
  const parts = inspected.toSorted((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  const files = parts.flatMap(({ path }) => [resolve(path), `${resolve(path)}.wal`]);
  using database = await openDatabase(to, { access: "READ_WRITE", memoryMiB, files });
  await migrate(database);
  const merged: MergedPart[] = [];
  for (const { path } of parts) {
    stopAdmitting?.throwIfAborted();
    const part = await mergePart(database, path);
    merged.push(part);
    options.onPart?.(part);
  }
  await database.run("CHECKPOINT");
  return merged;
}

/** Files by what they are and not by their name, the merged one left out. */
async function distinctFiles(to: string, from: readonly string[]): Promise<readonly string[]> {
  const seen = new Set(await exists(to) ? [await identity(to)] : []);
  const paths: string[] = [];
  for (const path of from) {
    if (!await exists(path)) {
      throw new UsageError(`Cannot merge "${path}": there is no such file`);
    }
    const key = await identity(path);
    if (!seen.has(key)) paths.push(path);
    seen.add(key);
  }
  return paths;
}

async function identity(path: string): Promise<string> {
  const { dev, ino } = await Deno.stat(path);
  return ino === null ? await Deno.realPath(path) : `${dev}/${ino}`;
}

const TEMPORARY = [
  ...["merge_run", "merge_problem", "merge_tree", "merge_attempt"],
  ...["merge_artifact", "merge_evaluation", "merge_sample"],
];

async function mergePart(database: Database, path: string): Promise<MergedPart> {
  await attach(database, path);
  try {
    return await database.transaction(async () => {
      const part = await copyPart(database, path);
      for (const table of TEMPORARY) await database.run(`DROP TABLE ${table}`);
      return part;
    });
  } finally {
    await database.run(`DETACH ${PART}`);
  }
}

async function attach(database: Database, path: string): Promise<void> {
  try {
    await database.connection.run(`ATTACH ${sqlText(resolve(path))} AS ${PART} (READ_ONLY)`);
  } catch (error) {
    throw storeError(path, error);
  }
}

async function copyPart(database: Database, path: string): Promise<MergedPart> {
  const names = { part: path, to: database.path };
  const folder = dirname(resolve(path));
  const runs = await mergeRuns(database, names);
  const problems = await mergeProblems(database, names);
  const trees = await mergeTrees(database);
  const attempts = await mergeAttempts(database);
  const isMoved = folder !== dirname(resolve(database.path));
  const artifacts = await mergeArtifacts(database, isMoved ? folder : null);
  await mergeNodeScores(database);
  const evaluations = await mergeEvaluations(database);
  const replies = await mergeReplies(database);
  const apart = runs.flatMap(({ from, name, beside }): RunApart[] =>
    beside === null ? [] : [{ name: from.name, storedAs: name, because: beside }]
  );
  return { path, problems, ...trees, attempts, artifacts, ...evaluations, replies, apart };
}

/** Recorded replies: the first one under a key stays. */
async function mergeReplies(database: Database): Promise<number> {
  const added = await countRows(
    database,
    `SELECT 1 FROM ${PART}.reply t ANTI JOIN reply USING (reply_key)`,
  );
  if (added > 0) {
    await database.run(
      `INSERT INTO reply(reply_key, body) SELECT reply_key, body FROM ${PART}.reply t ANTI JOIN reply USING (reply_key)`,
    );
  }
  return added;
}
