import { openReadOnly, type SqlReader } from "../store/mod.ts";
import { connectControl } from "./control/mod.ts";

/** A database that is read; disposing of it closes the file or the connection. */
export interface OpenedReader extends SqlReader, Disposable {}

/**
 * Opens a database for reading: through the process that holds it where one listens beside the file, else the file itself.
 *
 * @throws {StoreError} If it does not exist, is held by a process that does not listen, or is not one of ours.
 */
export async function openReader(path: string): Promise<OpenedReader> {
  return await connectControl(path) ?? await openReadOnly(path);
}
