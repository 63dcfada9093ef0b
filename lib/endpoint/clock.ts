import { sleep } from "../core/mod.ts";
import type { CallOptions } from "./policy.ts";

/** The time that pools, retries and deadlines go by; a test brings its own. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes backwards, whatever happens to the time of day. */
  now(): number;
  /** Waits; rejects with the signal's reason when it aborts. */
  sleep(ms: number, options?: CallOptions): Promise<void>;
}

/** The monotonic clock of the machine, with real waits. */
export const systemClock: Clock = { now: () => performance.now(), sleep };
