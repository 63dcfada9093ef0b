import type { StepCheck } from "../domain/domain.ts";

/** How much a {@linkcode SearchCache} may keep. */
export interface SearchCacheOptions {
  /** Checked code paths. */
  readonly maxExecutions?: number;
  /** Scored texts. */
  readonly maxScores?: number;
}

/** Result of a check, without the state, which belongs to the tree that made it. */
export type CachedCheck = Omit<StepCheck, "state">;

/**
 * Results that trees have already found: checks by code path, PPM logits by text. Several trees of one problem repeat each other, so
 * a run keeps one cache for all of its trees. The least recently used entries go first.
 *
 * One cache serves one domain and one PPM. A hit changes what a tree costs and the `cached` mark, never the tree itself; trees
 * publish when they end.
 */
export class SearchCache {
  readonly executions: LruMap<CachedCheck>;
  readonly scores: LruMap<number>;

  constructor(options: SearchCacheOptions = {}) {
    const { maxExecutions = 50_000, maxScores = 500_000 } = options;
    this.executions = new LruMap(maxExecutions);
    this.scores = new LruMap(maxScores);
  }
}

/** A map by string key that forgets what was not used for longest. */
export class LruMap<V> {
  readonly #capacity: number;
  readonly #entries = new Map<string, V>();

  /**
   * @param capacity Entries.
   * @throws {RangeError} If the capacity is not a positive integer.
   */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(
        `Cannot use a cache capacity: expected a positive integer, got ${capacity}`,
      );
    }
    this.#capacity = capacity;
  }

  /** Entries held. */
  get size(): number {
    return this.#entries.size;
  }

  /** The entry, which counts as used. */
  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  /** Adds or replaces an entry. */
  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#capacity) return;
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
