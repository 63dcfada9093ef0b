import { openReadOnly, type SqlReader } from "../store/mod.ts";

/** A database that is read; disposing of it closes the file or the connection. */
export interface OpenedReader extends SqlReader, Disposable {}

/**
 * Opens a database for reading: the file itself.
 *
 * @throws {StoreError} If it does not exist, a process is writing it, or it is not one of ours.
 */
export async function openReader(path: string): Promise<OpenedReader> {
  return await openReadOnly(path);
}
