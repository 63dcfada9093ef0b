import { join } from "node:path";

/**
 * Makes a search path that has all programs of this machine but some.
 *
 * @param folder Where links to them are put.
 */
export async function searchPathWithout(
  hidden: readonly string[],
  folder: string,
): Promise<string> {
  await Deno.mkdir(folder);
  for (const place of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of await programsIn(place)) {
      if (hidden.includes(name)) continue;
      await Deno.symlink(join(place, name), join(folder, name)).catch((error: unknown) => {
        // The first of its name on the search path counts.
        if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      });
    }
  }
  return folder;
}

async function programsIn(place: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(place))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Writes a program that a shell reads. */
export async function writeProgram(path: string, script: string): Promise<void> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(path, 0o755);
}
