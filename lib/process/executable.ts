import { basename, delimiter, join } from "node:path";

/**
 * Full path of a program on the search path.
 *
 * @param searchPath The value of `PATH`; the caller reads the environment.
 * @returns `null` when there is none.
 */
export async function findExecutable(name: string, searchPath: string): Promise<string | null> {
  if (basename(name) !== name) return await isExecutable(name) ? name : null;
  for (const folder of searchPath.split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
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
