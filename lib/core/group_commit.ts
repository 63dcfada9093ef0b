/** Options of {@linkcode GroupCommit}. */
export interface GroupCommitOptions<T> {
  /** How many of those that wait, oldest first, the next commit takes; at least one. @default all of them */
  readonly take?: (waiting: readonly T[]) => number;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * One queue in front of something that costs the same for one item as for many, such as a commit. While one runs, the next one
 * gathers: a lone item is kept at once, a crowd in batches. Callers hear of an item only after the commit that it was in.
 */
export class GroupCommit<T, R = void> {
  readonly #commit: (batch: readonly T[]) => Promise<(item: T) => R>;
  readonly #take: (waiting: readonly T[]) => number;
  readonly #waiting: Waiting<T, R>[] = [];
  #running: Promise<void> | null = null;

  /** @param commit Keeps a batch; resolves with what each of its items came to. What it throws, all callers of the batch get. */
  constructor(
    commit: (batch: readonly T[]) => Promise<(item: T) => R>,
    { take = (waiting) => waiting.length }: GroupCommitOptions<T> = {},
  ) {
    this.#commit = commit;
    this.#take = take;
  }

  /** Hands an item over; resolves when it is kept. */
  add(item: T): Promise<R> {
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    this.#waiting.push({ item, resolve, reject });
    this.#running ??= this.#run();
    return promise;
  }

  /** Resolves when everything that was handed over is kept or refused; never rejects. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Lets the items that come in the same turn join the first commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const size = Math.max(1, this.#take(this.#waiting.map(({ item }) => item)));
      const batch = this.#waiting.splice(0, size);
      try {
        const resultOf = await this.#commit(batch.map(({ item }) => item));
        for (const { item, resolve } of batch) resolve(resultOf(item));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = null;
  }
}
