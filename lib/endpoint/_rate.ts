const BUCKET_MS = 1_000;
const BUCKETS = 10;

/** A rate over the last ten seconds. It has no clock: every call is told the time, in milliseconds. */
export class Rate {
  readonly #sums = new Array<number>(BUCKETS).fill(0);
  #startedMs: number | null = null;
  #bucket = 0;

  /** Counts an amount. */
  add(amount: number, now: number): void {
    this.#turnTo(now);
    const slot = this.#bucket % BUCKETS;
    this.#sums[slot] = (this.#sums[slot] ?? 0) + amount;
  }

  /** Amount per second; over the time since the first amount while that is shorter. */
  perSecond(now: number): number {
    if (this.#startedMs === null) return 0;
    this.#turnTo(now);
    const windowMs = (BUCKETS - 1) * BUCKET_MS + now - this.#bucket * BUCKET_MS;
    const spanMs = Math.min(windowMs, now - this.#startedMs);
    return this.#sums.reduce((a, b) => a + b, 0) / (Math.max(spanMs, BUCKET_MS) / 1000);
  }

  /** Empties the buckets that the time has passed. */
  #turnTo(now: number): void {
    const bucket = Math.floor(now / BUCKET_MS);
    if (this.#startedMs === null) {
      this.#startedMs = now;
      this.#bucket = bucket;
    }
    const passed = Math.min(BUCKETS, bucket - this.#bucket);
    for (let i = 1; i <= passed; i++) this.#sums[(this.#bucket + i) % BUCKETS] = 0;
    if (passed > 0) this.#bucket = bucket;
  }
}
