import type { SqlReader } from "../store/mod.ts";

/** A reader that can be closed. */
export type ClosableReader = SqlReader & Disposable;

/** An open database and how many use it now. */
interface Held {
  readonly reader: Promise<ClosableReader>;
  users: number;
}

/**
 * Keeps a database open only while it is asked something, and for a moment after: a file that is open for reading cannot be opened
 * for writing, and a browser tab left open must not keep a run from starting.
 */
export class ReaderLease implements AsyncDisposable {
  readonly #open: () => Promise<ClosableReader>;
  readonly #idleMs: number;
  #held: Held | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closing: Promise<void> = Promise.resolve();

  /** @param options.idleMs How long the database stays open after the last question. */
  constructor(open: () => Promise<ClosableReader>, options: { readonly idleMs: number }) {
    this.#open = open;
    this.#idleMs = options.idleMs;
  }

  /**
   * Does something with the database. Many may at the same time. After a failure the next one opens it anew: the process that was
   * asked may have ended.
   *
   * @throws What opening the database throws, or `work`.
   */
  readonly use = async <T>(work: (reader: SqlReader) => Promise<T>): Promise<T> => {
    this.#stopTimer();
    const held = this.#held ??= { reader: this.#open(), users: 0 };
    held.users++;
    try {
      return await work(await held.reader);
    } catch (error) {
      this.#release(held);
      throw error;
    } finally {
      held.users--;
      if (this.#held !== held) this.#closeUnused(held);
      else if (held.users === 0) this.#timer = setTimeout(() => this.#expire(held), this.#idleMs);
    }
  };

  /** Closes the database, once the last one that uses it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopTimer();
    if (this.#held !== null) this.#expire(this.#held);
    await this.#closing;
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #expire(held: Held): void {
    this.#release(held);
    this.#closeUnused(held);
  }

  /** From now on nobody else gets this one. */
  #release(held: Held): void {
    if (this.#held === held) this.#held = null;
  }

  #closeUnused(held: Held): void {
    if (held.users > 0) return;
    // What could not be opened needs no closing; who asked for it has been told.
    this.#closing = held.reader.then((reader) => reader[Symbol.dispose](), () => {});
  }
}
