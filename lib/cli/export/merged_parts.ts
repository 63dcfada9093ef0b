import { join } from "node:path";
import { PROJECT_ROOT } from "../../process/mod.ts";
import { mergeDatabases, openReadOnly, type SqlReader } from "../../store/mod.ts";

/** A database of several, which is gone when it is closed. */
export interface MergedReader extends AsyncDisposable {
  readonly reader: SqlReader;
}

/**
 * Brings databases together for one export, by the one rule for that (`merge`): it is the same as to merge and then to export.
 *
 * @param out Folder of the export, in which the merged file lies meanwhile; the project's cache without one.
 */
export async function openMerged(
  files: readonly string[],
  { out, signal }: { readonly out: string | undefined; readonly signal: AbortSignal },
): Promise<MergedReader> {
  const path = join(out ?? join(PROJECT_ROOT, ".rstar"), ".merged.duckdb");
  // An export that was killed may have left another one behind.
  await removeDatabase(path);
  try {
    await mergeDatabases(path, files, { stopAdmitting: signal });
    const reader = await openReadOnly(path);
    return {
      reader,
      [Symbol.asyncDispose]: async () => {
        reader[Symbol.dispose]();
        await removeDatabase(path);
      },
    };
  } catch (error) {
    await removeDatabase(path);
    throw error;
  }
}

async function removeDatabase(path: string): Promise<void> {
  for (const file of [path, `${path}.wal`]) {
    try {
      await Deno.remove(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
