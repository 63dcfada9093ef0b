import { ProviderError, Semaphore } from "../core/mod.ts";
import { type RetryOptions, withRetries } from "./retry.ts";
import type { Transport } from "./transport.ts";

/** Options of {@linkcode EndpointPool}. */
export interface EndpointPoolOptions {
  /** Requests in flight per endpoint. @default 64 */
  readonly concurrency?: number;
  readonly retry?: Omit<RetryOptions, "signal" | "onRetry">;
  /** An endpoint that failed is asked last for so long. @default 5000 */
  readonly avoidMs?: number;
  /** Clock in milliseconds. @default `performance.now` */
  readonly now?: () => number;
}

/** What the requests of one role have come to. */
export interface EndpointMetrics {
  readonly requests: number;
  readonly retries: number;
  readonly running: number;
  readonly waiting: number;
  /** Failures by kind (`status 429`, `no reply`), each with an example. */
  readonly failures: Readonly<Record<string, { readonly count: number; readonly example: string }>>;
}

interface Member {
  readonly transport: Transport;
  readonly slots: Semaphore;
  avoidedUntil: number;
}

/** The endpoints of one role: the least loaded one is asked first, one that just failed last. */
export class EndpointPool {
  readonly #members: readonly Member[];
  readonly #options: EndpointPoolOptions;
  readonly #now: () => number;
  #requests = 0;
  #retries = 0;
  readonly #failures = new Map<string, { count: number; example: string }>();

  /** @throws {RangeError} If there is no endpoint. */
  constructor(transports: readonly Transport[], options: EndpointPoolOptions = {}) {
    if (transports.length === 0) throw new RangeError("Cannot open a pool of no endpoints");
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#members = transports.map((transport) => ({
      transport,
      slots: new Semaphore(options.concurrency ?? 64),
      avoidedUntil: 0,
    }));
  }

  /**
   * Sends a request and reads its reply, on whichever endpoint is free, again where it fails.
   *
   * @param read Turns the JSON reply into a value; throws a retryable `ProviderError` where it is no valid reply.
   * @throws {ProviderError} If no endpoint gave a valid reply within the retries.
   */
  async request<T>(
    path: string,
    body: Readonly<Record<string, unknown>>,
    options: {
      readonly read: (reply: unknown, url: string) => T;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<T> {
    const { read, signal } = options;
    return await withRetries(async () => {
      const member = this.#leastLoaded();
      using _slot = await member.slots.acquire({ signal });
      this.#requests++;
      try {
        const reply = await member.transport.request(path, body, { signal });
        return read(reply, member.transport.url);
      } catch (error) {
        if (error instanceof ProviderError) this.#note(member, error);
        throw error;
      }
    }, { ...this.#options.retry, signal, onRetry: () => this.#retries++ });
  }

  /** Counters since the start. */
  metrics(): EndpointMetrics {
    const sum = (count: (slots: Semaphore) => number) =>
      this.#members.reduce((total, { slots }) => total + count(slots), 0);
    return {
      requests: this.#requests,
      retries: this.#retries,
      running: sum((slots) => slots.held),
      waiting: sum((slots) => slots.waiting),
      failures: Object.fromEntries([...this.#failures].map(([kind, f]) => [kind, { ...f }])),
    };
  }

  #leastLoaded(): Member {
    const now = this.#now();
    const load = ({ slots, avoidedUntil }: Member) =>
      (avoidedUntil > now ? 1e6 : 0) + (slots.held + slots.waiting) / slots.limit;
    return this.#members.reduce((best, member) => (load(member) < load(best) ? member : best));
  }

  #note(member: Member, error: ProviderError): void {
    const kind = error.status === null ? "no reply" : `status ${error.status}`;
    const known = this.#failures.get(kind);
    if (known === undefined) this.#failures.set(kind, { count: 1, example: error.message });
    else known.count++;
    if (error.isRetryable) member.avoidedUntil = this.#now() + (this.#options.avoidMs ?? 5_000);
  }
}
