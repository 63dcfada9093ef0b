/** State of a {@linkcode CircuitBreaker}: requests pass, none passes, or a single one may show that the others can. */
export type BreakerState = "closed" | "open" | "half_open";

/** Options of {@linkcode CircuitBreaker}. */
export interface BreakerOptions {
  /** Failures in a row that open it. @default 5 */
  readonly failures?: number;
  /** Milliseconds for which it opens first; doubles with each failed trial. @default 1000 */
  readonly openMs?: number;
  /** Milliseconds for which it opens at most. @default 60000 */
  readonly maxOpenMs?: number;
}

/**
 * Keeps requests from an endpoint that does not work. It has no clock: every call is told the time, in milliseconds.
 *
 * closed → (failures in a row) → open → (time is over) → half-open → (a trial works) → closed, or (it fails) → open, for longer.
 */
export class CircuitBreaker {
  readonly #failuresToOpen: number;
  readonly #openMs: number;
  readonly #maxOpenMs: number;
  #failuresInRow = 0;
  #openUntil: number | null = null;
  #nextOpenMs: number;
  #hasTrial = false;

  constructor(options: BreakerOptions = {}) {
    const { failures = 5, openMs = 1_000, maxOpenMs = 60_000 } = options;
    this.#failuresToOpen = failures;
    this.#openMs = openMs;
    this.#maxOpenMs = maxOpenMs;
    this.#nextOpenMs = openMs;
  }

  /** State at this time. */
  state(now: number): BreakerState {
    if (this.#openUntil === null) return "closed";
    return now < this.#openUntil ? "open" : "half_open";
  }

  /** Until when it is open; `null` while it is closed. */
  get openUntil(): number | null {
    return this.#openUntil;
  }

  /** Whether a request may begin: always while closed, one trial at a time while half-open. */
  allows(now: number): boolean {
    const state = this.state(now);
    return state === "closed" || (state === "half_open" && !this.#hasTrial);
  }

  /** A request begins. Returns whether it is a trial. */
  begin(now: number): boolean {
    const isTrial = this.state(now) === "half_open";
    if (isTrial) this.#hasTrial = true;
    return isTrial;
  }

  /** A request worked. One that began before the breaker opened does not close it. */
  success(isTrial: boolean): void {
    if (this.#openUntil === null) this.#failuresInRow = 0;
    if (!isTrial) return;
    this.#hasTrial = false;
    this.#failuresInRow = 0;
    this.#openUntil = null;
    this.#nextOpenMs = this.#openMs;
  }

  /** A request failed in a way that says that the endpoint does not work. */
  failure(now: number, isTrial: boolean): void {
    if (isTrial) {
      this.#hasTrial = false;
      this.#open(now);
    } else if (this.#openUntil === null && ++this.#failuresInRow >= this.#failuresToOpen) {
      this.#open(now);
    }
  }

  /** A request ended in a way that says nothing about the endpoint. */
  neutral(isTrial: boolean): void {
    if (isTrial) this.#hasTrial = false;
  }

  /** Opens at once, whatever was before. */
  trip(now: number, isTrial: boolean): void {
    if (isTrial) this.#hasTrial = false;
    if (this.#openUntil === null || isTrial) this.#open(now);
  }

  #open(now: number): void {
    this.#openUntil = now + this.#nextOpenMs;
    this.#nextOpenMs = Math.min(this.#maxOpenMs, this.#nextOpenMs * 2);
  }
}
