import type { SqlReader } from "../store/mod.ts";

/** A reader that can be closed. */
export type ClosableReader = SqlReader & Disposable;

/**
 * Keeps a database open only while it is asked something, and for a moment after: a file that is open for reading cannot be opened
 * for writing, and a browser tab left open must not keep a run from starting.
 */
export class ReaderLease implements Disposable {
  readonly #open: () => Promise<ClosableReader>;
  readonly #idleMs: number;
  #reader: Promise<ClosableReader> | null = null;
  #users = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param options.idleMs How long the database stays open after the last question. */
  constructor(open: () => Promise<ClosableReader>, options: { readonly idleMs: number }) {
    this.#open = open;
    this.#idleMs = options.idleMs;
  }

  /**
   * Does something with the database. Many may at the same time.
   *
   * A failure ends the lease: the process that was asked may have ended, and the next question must find the file anew.
   *
   * @throws What opening the database throws, or `work`.
   */
  readonly use = async <T>(work: (reader: SqlReader) => Promise<T>): Promise<T> => {
    this.#stopTimer();
    const reader = this.#reader ??= this.#open();
    this.#users++;
    try {
      return await work(await reader);
    } catch (error) {
      if (this.#reader === reader) this.#reader = null;
      throw error;
    } finally {
      this.#users--;
    }
  };
}
