import { ProviderError, type Random, seededRandom, Semaphore } from "../../lib/core/mod.ts";
import type { CallOptions, Clock, Transport } from "../../lib/endpoint/mod.ts";

/** Options of {@linkcode SimulatedServer}. */
export interface SimulatedServerOptions {
  readonly url?: string;
  /** Requests that are worked on at once; the others wait inside. */
  readonly slots: number;
  /** Milliseconds per token with so many requests running. */
  readonly tokenMs: (running: number) => number;
  readonly clock: Clock;
  readonly seed?: number;
  /** Mean length of a reply. @default 100 */
  readonly meanTokens?: number;
  /** Requests inside from which on 429 is answered. @default none */
  readonly refusesAt?: number;
}

/** A server with fixed slots and a token rate, behind the transport contract. */
export class SimulatedServer implements Transport {
  readonly url: string;
  /** Tokens it has generated. */
  tokens = 0;
  refusals = 0;
  /** Milliseconds of slots that were in use. */
  busyMs = 0;
  readonly #options: SimulatedServerOptions;
  readonly #slots: Semaphore;
  readonly #random: Random;
  #running = 0;

  constructor(options: SimulatedServerOptions) {
    this.url = options.url ?? "http://simulated/v1";
    this.#options = options;
    this.#slots = new Semaphore(options.slots);
    this.#random = seededRandom(options.seed ?? 1);
  }

  async request(
    _path: string,
    _body: Readonly<Record<string, unknown>> | null,
    { signal }: CallOptions = {},
  ): Promise<{ readonly tokens: number }> {
    const { refusesAt = Infinity, meanTokens = 100, tokenMs, clock } = this.#options;
    if (this.#slots.held + this.#slots.waiting >= refusesAt) {
      this.refusals++;
      await clock.sleep(1, { signal });
      throw new ProviderError("too many", { status: 429, isRetryable: true });
    }
    using _slot = await this.#slots.acquire({ signal });
    this.#running++;
    // Lengths between a tenth of the mean and four times the mean.
    const tokens = Math.ceil(meanTokens * Math.min(4, 0.1 - 0.9 * Math.log(1 - this.#random())));
    const ms = tokens * tokenMs(this.#running);
    try {
      await clock.sleep(ms, { signal });
    } finally {
      this.#running--;
    }
    this.busyMs += ms;
    this.tokens += tokens;
    return { tokens };
  }
}
