import { fileFault, UsageError } from "../core/mod.ts";

/**
 * Reads a file that the user named.
 *
 * @param what What it is read for, first words of a sentence after "Cannot": `read problem ids from`.
 * @throws {UsageError} If it cannot be read.
 */
export async function readUserText(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const fault = fileFault(error);
    if (fault === null) throw error;
    throw new UsageError(`Cannot ${what} "${path}": ${fault}`, { cause: error });
  }
}
