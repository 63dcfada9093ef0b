import type { SqlReader } from "../store/mod.ts";

/** A reader that can be closed. */
export type ClosableReader = SqlReader & AsyncDisposable;

/**
 * Keeps a database open only while it is asked something, and for a moment after: a file that is open for reading cannot be opened
 * for writing, and a browser tab left open must not keep a run from starting.
 */
export class ReaderLease implements AsyncDisposable {
  readonly #open: () => Promise<ClosableReader>;
  readonly #idleMs: number;
  #reader: Promise<ClosableReader> | null = null;
  #users = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** @param options.idleMs How long it stays open after the last question. */
  constructor(open: () => Promise<ClosableReader>, options: { readonly idleMs: number }) {
    this.#open = open;
    this.#idleMs = options.idleMs;
  }

  /** Does something with the database. Many may at the same time. */
  readonly use = async <T>(work: (reader: SqlReader) => Promise<T>): Promise<T> => {
    this.#stopTimer();
    this.#users++;
    try {
      await this.#closing;
      this.#reader ??= this.#open();
      return await work(await this.#reader);
    } catch (error) {
      // What could not be opened is tried anew by the next one.
      if (this.#reader !== null && await this.#reader.then(() => false, () => true)) {
        this.#reader = null;
      }
      throw error;
    } finally {
      this.#users--;
      if (this.#users === 0) this.#timer = setTimeout(() => this.#close(), this.#idleMs);
    }
  };

  /** Closes the database. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTimer();
    this.#close();
    await this.#closing;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #close(): void {
    const reader = this.#reader;
    this.#reader = null;
    if (reader === null) return;
    this.#closing = reader.then((open) => open[Symbol.asyncDispose](), () => {});
  }
}
