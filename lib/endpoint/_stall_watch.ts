import type { ProviderError } from "../core/mod.ts";
import type { Clock } from "./clock.ts";

/** Options of {@linkcode StallWatch}. */
export interface StallWatchOptions {
  readonly clock: Clock;
  /** Milliseconds without any progress after which the server counts as stalled. */
  readonly stallMs: number;
  /** A number that moves while the server works; `null` when it cannot be had now. */
  readonly progress: (signal: AbortSignal) => Promise<number | null>;
  /** Makes the error for a server on which nothing moved. */
  readonly stalled: () => ProviderError;
}

/** Milliseconds between two looks at most, and looks until a server counts as stalled at least. */
const LOOK_MS = 10_000;
const MIN_LOOKS = 4;

/** The time in which requests are in flight without a break. */
interface Period {
  active: number;
  readonly stall: AbortController;
  readonly over: AbortController;
  readonly watched: Promise<void>;
}

/**
 * Limits calls to a server by whether it gets on with its work, not by how long one takes: on a slow machine a reply may take any time.
 * One watch for all calls, since they are computed together. Looks are counted, not seconds: a machine that was asleep has not stalled.
 */
export class StallWatch {
  readonly #options: StallWatchOptions;
  readonly #lookMs: number;
  #period: Period | null = null;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#lookMs = Math.min(LOOK_MS, options.stallMs / MIN_LOOKS);
  }

  /**
   * Runs a call that is aborted when the server stalls.
   *
   * @throws {ProviderError} `stalled()`, if it did.
   * @throws The signal's reason, when it aborts; whatever the call throws otherwise.
   */
  async run<T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const period = this.#enter();
    const stall = period.stall.signal;
    try {
      return await call(signal === undefined ? stall : AbortSignal.any([stall, signal]));
    } catch (error) {
      signal?.throwIfAborted();
      throw stall.aborted ? this.#options.stalled() : error;
    } finally {
      await this.#leave(period);
    }
  }

  #enter(): Period {
    const open = this.#period;
    if (open !== null && !open.stall.signal.aborted) {
      open.active++;
      return open;
    }
    const [stall, over] = [new AbortController(), new AbortController()];
    const watched = this.#watch(over.signal).then((hasStalled) => hasStalled && stall.abort());
    return this.#period = { active: 1, stall, over, watched: watched.then(() => {}) };
  }

  async #leave(period: Period): Promise<void> {
    if (--period.active > 0) return;
    if (this.#period === period) this.#period = null;
    period.over.abort();
    await period.watched;
  }

  /** Looks until nobody waits any more, or nothing has moved for so many looks; returns whether it is the latter. */
  async #watch(over: AbortSignal): Promise<boolean> {
    const { clock, stallMs, progress } = this.#options;
    const limit = Math.ceil(stallMs / this.#lookMs);
    let last: number | null = null;
    for (let idle = 0; idle < limit;) {
      const isOver = await clock.sleep(this.#lookMs, { signal: over }).then(
        () => false,
        () => true,
      );
      if (isOver) return false;
      const now = await progress(over);
      if (over.aborted) return false;
      idle = now === null || now === last ? idle + 1 : 0;
      last = now ?? last;
    }
    return true;
  }
}
