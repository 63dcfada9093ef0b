import type { RunEvent } from "../../core/mod.ts";
import type { ControlEvent } from "../control/protocol.ts";

/** Events that a subscriber may lag behind; then the oldest are dropped, and it is told how many. */
const MAX_LAG = 10_000;

/** Hands events to whoever listens. A slow listener holds nobody up. */
export class EventHub {
  readonly #listeners = new Set<(event: ControlEvent) => void>();
  readonly #now: () => Date;

  /** @param now Clock of the events' times. */
  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Tells everybody. */
  emit(event: RunEvent): void {
    if (this.#listeners.size === 0) return;
    const stamped = { at: this.#now().toISOString(), ...event };
    for (const listener of this.#listeners) listener(stamped);
  }

  /** Calls a listener with every event until it is disposed of. */
  listen(listener: (event: ControlEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Events from now on, until the signal aborts. */
  async *subscribe(signal: AbortSignal): AsyncGenerator<ControlEvent> {
    const waiting: ControlEvent[] = [];
    let dropped = 0;
    let wake = Promise.withResolvers<void>();
    const onAbort = () => wake.resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    using _listening = this.listen((event) => {
      if (waiting.length >= MAX_LAG) {
        waiting.shift();
        dropped++;
      }
      waiting.push(event);
      wake.resolve();
    });
    try {
      while (!signal.aborted) {
        if (dropped > 0) {
          yield { at: this.#now().toISOString(), type: "dropped", events: dropped };
          dropped = 0;
        }
        const next = waiting.shift();
        if (next !== undefined) {
          yield next;
          continue;
        }
        await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}
