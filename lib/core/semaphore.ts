/** A held slot; `using _slot = await semaphore.acquire()` gives it back at the end of the block. */
export interface Permit extends Disposable {}

/**
 * Bounded queue for one resource: at most `limit` holders at a time, first come first served.
 * The limit can be changed while it is in use, which is what adaptive concurrency needs.
 */
export class Semaphore {
  #limit: number;
  #held = 0;
  readonly #waiting: {
    readonly resolve: () => void;
    readonly reject: (reason: unknown) => void;
  }[] = [];

  /**
   * @param limit Slots.
   * @throws {RangeError} If the limit is not a positive integer.
   */
  constructor(limit: number) {
    this.#limit = checkedLimit(limit);
  }

  /** Slots. */
  get limit(): number {
    return this.#limit;
  }

  set limit(value: number) {
    this.#limit = checkedLimit(value);
    this.#admit();
  }

  /** Slots in use. */
  get held(): number {
    return this.#held;
  }

  /** Callers that wait for a slot. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a slot.
   *
   * @throws The signal's reason, when it aborts while waiting.
   */
  async acquire(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<Permit> {
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#held < this.#limit) {
      this.#held++;
    } else {
      await this.#wait(signal);
    }
    let released = false;
    return {
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        this.#held--;
        this.#admit();
      },
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { resolve, reject };
    this.#waiting.push(entry);
    if (signal === undefined) return promise;
    const abort = () => {
      const index = this.#waiting.indexOf(entry);
      if (index < 0) return;
      this.#waiting.splice(index, 1);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Hands free slots to those who wait, the slot being counted before the waiter runs. */
  #admit(): void {
    while (this.#held < this.#limit) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#held++;
      next.resolve();
    }
  }
}

function checkedLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(`Cannot use a semaphore limit: expected a positive integer, got ${limit}`);
  }
  return limit;
}
