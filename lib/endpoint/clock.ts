import type { CallOptions } from "./policy.ts";

/** The time that pools, retries and deadlines go by; a test brings its own. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes backwards, whatever happens to the time of day. */
  now(): number;
  /** Waits; rejects with the signal's reason when it aborts. */
  sleep(ms: number, options?: CallOptions): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, { signal } = {}) => {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const abort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", abort);
        resolve();
      }, Math.min(ms, MAX_TIMER_MS));
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
};

/** A timer that is asked for more fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
