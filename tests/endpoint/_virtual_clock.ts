import { setImmediate } from "node:timers/promises";
import type { CallOptions, Clock } from "../../lib/endpoint/mod.ts";

interface Timer {
  readonly at: number;
  readonly ring: () => void;
}

/** A clock that stands still until it is moved: hours pass in milliseconds, and the same run always in the same order. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly #timers: Timer[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const timer = { at: this.#now + ms, ring: resolve };
      this.#insert(timer);
      signal?.addEventListener("abort", () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
        reject(signal.reason);
      }, { once: true });
    });
  }

  /** Timers that are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Lets everything happen that happens by itself. */
  async settle(): Promise<void> {
    await setImmediate();
  }

  /** Lets so much time pass. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.settle();
    while ((this.#timers[0]?.at ?? Infinity) <= until) await this.#ringNext();
    this.#now = until;
    await this.settle();
  }

  /** Lets time pass until the work is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    const state = { isDone: false };
    const done = () => {
      state.isDone = true;
    };
    work.then(done, done);
    await this.settle();
    while (!state.isDone) {
      if (this.#timers.length === 0) throw new Error("the work waits for nothing that will come");
      await this.#ringNext();
    }
    return await work;
  }

  async #ringNext(): Promise<void> {
    const next = this.#timers.shift();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.at);
    next.ring();
    await this.settle();
  }

  #insert(timer: Timer): void {
    let [low, high] = [0, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#timers[middle]?.at ?? Infinity) <= timer.at) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
  }
}
