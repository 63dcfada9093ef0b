/** Does some work once, so many milliseconds from now; returns what takes it back. */
export type Schedule = (work: () => void, ms: number) => () => void;

/** Functions that a pace needs from its store. */
export interface PaceHost {
  /** Folds the log into the file, where it is worth it, while no other statement runs. Does not throw. */
  readonly fold: () => Promise<void>;
  readonly schedule?: Schedule;
  /** Clock in milliseconds. @default performance.now */
  readonly now?: () => number;
}

/** So long is waited at least, so that a checkpoint folds more than one tree. */
const LEAST_PAUSE_MS = 30_000;

/** A checkpoint of 0.2 s is followed by a pause of 20 s, one of 10 s (now and then DuckDB tidies up) by one of 17 minutes: 1 % at most. */
const PAUSE_PER_COST = 100;

/**
 * Folds the log into the file every now and then, so that little lies in it when a machine dies: what is left in a log that such a death
 * damages may be lost. It never takes more than a hundredth of the time, whatever a checkpoint costs here.
 */
export class CheckpointPace implements AsyncDisposable {
  readonly #host: PaceHost;
  readonly #schedule: Schedule;
  readonly #now: () => number;
  #cancel: (() => void) | null = null;
  #folding: Promise<void> = Promise.resolve();
  #earliest: number;
  #isClosed = false;

  constructor(host: PaceHost) {
    this.#host = host;
    this.#schedule = host.schedule ?? schedule;
    this.#now = host.now ?? (() => performance.now());
    this.#earliest = this.#now() + LEAST_PAUSE_MS;
  }

  /** Notes that something was done which may have written. */
  touch(): void {
    if (this.#isClosed || this.#cancel !== null) return;
    const ms = Math.max(0, this.#earliest - this.#now());
    this.#cancel = this.#schedule(() => {
      this.#folding = this.#fold();
    }, ms);
  }

  /** Waits for the log that is being folded, and folds nothing any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#folding;
  }

  async #fold(): Promise<void> {
    const begun = this.#now();
    await this.#host.fold();
    const ended = this.#now();
    this.#earliest = ended + Math.max(LEAST_PAUSE_MS, PAUSE_PER_COST * (ended - begun));
    this.#cancel = null;
  }
}

/** A timer that keeps no process alive. */
function schedule(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  Deno.unrefTimer(timer);
  return () => clearTimeout(timer);
}
