import { basename, delimiter, resolve } from "node:path";
import { UsageError } from "../core/bare/mod.ts";

/**
 * Full path of a program on the search path, with the links that are in it: the launcher grants this name and the command starts this
 * name, which Deno compares without following links.
 *
 * @param searchPath The value of `PATH`; the caller reads the environment.
 * @returns `null` when there is none.
 */
export async function findExecutable(name: string, searchPath: string): Promise<string | null> {
  if (basename(name) !== name) return await isExecutable(name) ? name : null;
  for (const folder of searchPath.split(delimiter)) {
    if (folder === "") continue;
    const path = resolve(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

/**
 * Full path of a program that a setting names.
 *
 * @throws {UsageError} If there is none.
 */
export async function requireExecutable(
  name: string,
  { searchPath, setting }: { readonly searchPath: string; readonly setting: string },
): Promise<string> {
  const path = await findExecutable(name, searchPath);
  if (path !== null) return path;
  throw new UsageError(
    `Cannot run ${setting}: there is no executable "${name}"; give a full path, or put it on PATH`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    const info = await Deno.stat(path);
    return info.isFile && (info.mode === null || (info.mode & 0o111) !== 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    if (error instanceof Deno.errors.PermissionDenied) return false;
    if (error instanceof Deno.errors.NotADirectory) return false;
    // What this process may not even look at it may not run either.
    if (error instanceof Deno.errors.NotCapable) return false;
    throw error;
  }
}
