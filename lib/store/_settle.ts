/** A thrown error becomes a rejection, as in the store that waits for a file. */
export function settle<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
