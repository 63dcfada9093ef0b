import { join } from "node:path";
import { z } from "zod";
import { DatasetError, nearest, type Problem, sha256, starterSet } from "../core/mod.ts";
import { type ReadOptions, readProblems } from "./dataset.ts";
import { ShippedSet } from "./shipped_set.ts";
import { fetchedPath } from "./fetch_original.ts";
import { pinnedOriginals } from "./originals.ts";
import { FILE_TYPES, fileType } from "./rows.ts";

/** Options of {@linkcode loadProblems}. */
export interface LoadOptions extends ReadOptions {
  /** The project's `fixtures/`. */
  readonly fixtures: string;
  /** Folder of the sets that were fetched; without it none is found. */
  readonly fetched?: string;
}

const Manifest = z.object({ overrides: z.int(), sets: z.array(ShippedSet) });

/**
 * Loads a set by name, or a file.
 *
 * @throws {DatasetError} If there is no such set (with what was meant), the shipped file was changed, or the file is no problem set.
 */
export async function loadProblems(
  nameOrPath: string,
  options: LoadOptions,
): Promise<readonly Problem[]> {
  const starter = starterSet(nameOrPath);
  if (starter !== null) {
    const world = starter.world === "control" ? "control" : "problems";
    const file = `${world}_${starter.split}.jsonl`;
    return await readProblems(join(options.fixtures, "starter", file), options);
  }
  if (isProblemFile(nameOrPath)) return await readProblems(nameOrPath, options);
  const sets = await shippedSets(options.fixtures);
  const set = sets.find(({ name }) => name === nameOrPath);
  if (set === undefined) {
    return await loadFetched(nameOrPath, { ...options, shipped: sets.map(({ name }) => name) });
  }
  const path = join(options.fixtures, "problems", set.file);
  if (sha256(await Deno.readFile(path)) !== set.sha256) {
    throw new DatasetError(
      path,
      null,
      `Cannot use "${path}": its checksum differs from sources.json; restore it from the repository`,
    );
  }
  return await readProblems(path, { ...options, source: set.name });
}

async function loadFetched(
  name: string,
  options: LoadOptions & { readonly shipped: readonly string[] },
): Promise<readonly Problem[]> {
  const originals = await pinnedOriginals(options.fixtures);
  const original = originals.find(({ fetchedAs }) => fetchedAs === name);
  const names = originals.flatMap(({ fetchedAs }) => fetchedAs ?? []);
  if (original === undefined) throw unknownSet(name, [...options.shipped, ...names]);
  const path = fetchedPath(options.fetched ?? "", name);
  const isThere = await Deno.stat(path).then(() => true, (error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  });
  if (options.fetched !== undefined && isThere) {
    return await readProblems(path, { ...options, source: name });
  }
  throw new DatasetError(
    name,
    null,
    `Cannot use problem set "${name}": it does not ship (${original.licence}); fetch it with deno task data fetch ${original.name}`,
  );
}

/** Every set of real problems that ships. */
export async function shippedSets(fixtures: string): Promise<readonly ShippedSet[]> {
  const path = join(fixtures, "problems", "sources.json");
  return Manifest.parse(JSON.parse(await Deno.readTextFile(path))).sets;
}

/** Whether problems are named by a file of the user's rather than by a set. */
export function isProblemFile(text: string): boolean {
  return text.includes("/") || text.endsWith(".gz") ||
    (FILE_TYPES as readonly string[]).includes(fileType(text));
}

function unknownSet(name: string, known: readonly string[]): DatasetError {
  const all = ["starter", "control", ...known];
  const meant = nearest(name, all);
  const hint = meant === null ? "" : `; did you mean "${meant}"?`;
  return new DatasetError(
    name,
    null,
    `Cannot find problem set "${name}": expected a file or one of ${all.join(", ")}${hint}`,
  );
}
