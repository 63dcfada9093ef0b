import { ProviderError } from "../core/mod.ts";
import type { BreakerOptions } from "./circuit_breaker.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type EndpointSettings, withCure } from "./cure.ts";
import { type CountedExample, FailureCounts } from "./failure_counts.ts";
import { type EndpointLoad, Member, type MemberSlot, type Work } from "./_member.ts";
import { isTimeout } from "./_deadline.ts";
import { DEFAULT_ATTEMPTS, exhausted, type RetryOptions, withRetries } from "./retry.ts";
import { type Concurrency, type Server, Servers } from "./_server.ts";
import { WaitingLine } from "./_waiting_line.ts";
import type { RequestBody, Transport } from "./transport.ts";

export type { Concurrency, EndpointLoad, Work };
export { Servers };

/** Options of {@linkcode EndpointPool}. */
export interface EndpointPoolOptions {
  /** Requests in flight per server. @default "auto" */
  readonly concurrency?: Concurrency;
  /** Pools with the same registry share the slots of servers that they have in common. @default one of its own */
  readonly servers?: Servers;
  /** Whether the servers are asked for their own queue (`/metrics`) while the limit is adapted. @default false */
  readonly asksLoad?: boolean;
  readonly retry?: Omit<RetryOptions, "signal" | "onRetry" | "clock" | "waitsItself">;
  readonly breaker?: BreakerOptions;
  /** Names of the endpoints' settings, for the cure in messages. @default no cure is named */
  readonly settings?: EndpointSettings;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** Figures on the requests of one role so far. */
export interface EndpointMetrics {
  /** Requests sent, repetitions included. */
  readonly requests: number;
  readonly retries: number;
  readonly running: number;
  readonly waiting: number;
  /** Requests that may be in flight at once; of a server that several roles share, this one's part. */
  readonly limit: number;
  /** Tokens per second over the last ten seconds. */
  readonly tokensPerSecond: number;
  /** Share of prompt tokens that servers found in their caches, of the replies that say it; `null` where none does. */
  readonly cachedShare: number | null;
  /** Failures by kind (`status 429`, `connection refused`), each with an example. */
  readonly failures: Readonly<Record<string, CountedExample>>;
  /** Things that servers did otherwise than asked, and how each was handled, by kind; each with an example. */
  readonly quirks: Readonly<Record<string, CountedExample>>;
  readonly endpoints: readonly EndpointLoad[];
}

/** One request of a pool. */
export interface PoolRequestOptions<T> {
  /** Turns the JSON reply into a value; throws a retryable `ProviderError` where it is no valid reply. */
  readonly read: (reply: unknown, url: string) => T;
  /**
   * Body to send after one that had no reply in time, given how often that has happened; `null` to give up. @default the same once more:
   * for requests that always take about as long, so that a missing reply is the server's fault.
   */
  readonly again?: (body: RequestBody, timeouts: number) => RequestBody | null;
  /** Size of the request, told by its reply, for speed and limits. @default one token for limits, none for speed */
  readonly work?: (value: T) => Work;
  readonly signal?: AbortSignal | undefined;
  /** Work that it belongs to: see `CallOptions.session`. */
  readonly session?: string | undefined;
}

/** Milliseconds for which requests wait for an endpoint to come back, and the default of `retry.maxTotalMs`. */
const PATIENCE_MS = 600_000;

/**
 * The endpoints of one role. A request waits in one line for all of them and goes where a slot is free first, to the least loaded
 * one if there is a choice; one that failed is repeated elsewhere where it can be. Endpoints may join and leave at any time.
 */
export class EndpointPool implements AsyncDisposable {
  readonly #members: Member[] = [];
  readonly #options: EndpointPoolOptions;
  readonly #clock: Clock;
  readonly #servers: Servers;
  readonly #line: WaitingLine;
  readonly #failures = new FailureCounts();
  readonly #quirks = new FailureCounts();
  readonly #closing = new AbortController();
  readonly #background = new Set<Promise<void>>();
  readonly #client = { takeSlot: (server: Server) => this.#line.takeSlot(server) };
  #requests = 0;
  #retries = 0;
  #toldPromptTokens = 0;
  #cachedTokens = 0;

  /** @throws {RangeError} If there is no endpoint. */
  constructor(transports: readonly Transport[], options: EndpointPoolOptions = {}) {
    if (transports.length === 0) throw new RangeError("Cannot open a pool of no endpoints");
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#servers = options.servers ?? new Servers();
    this.#line = new WaitingLine({
      members: this.#members,
      clock: this.#clock,
      patienceMs: options.retry?.maxTotalMs ?? PATIENCE_MS,
      check: (member) => this.#inBackground(member.check(this.#closing.signal)),
    });
    for (const transport of transports) this.add(transport);
  }

  /** An endpoint joins; requests that wait may go there at once. One that is there already is left as it is. */
  add(transport: Transport): void {
    if (this.#members.some((member) => member.transport.url === transport.url)) return;
    const { concurrency = "auto", breaker = {}, asksLoad = false } = this.#options;
    const server = this.#servers.at(transport.url, concurrency);
    this.#members.push(
      new Member(transport, { server, clock: this.#clock, breaker, offersLoad: asksLoad }),
    );
    if (!this.#members.slice(0, -1).some((member) => member.server === server)) {
      server.join(this.#client);
    }
    server.offer();
  }

  /** An endpoint leaves: what it is doing is finished, nothing new goes there. Returns whether it was there. */
  remove(url: string): boolean {
    const index = this.#members.findIndex((member) => member.transport.url === url);
    const [member] = index < 0 ? [] : this.#members.splice(index, 1);
    if (member === undefined) return false;
    member.hasLeft = true;
    if (!this.#members.some(({ server }) => server === member.server)) {
      member.server.leave(this.#client);
    }
    this.#line.wake();
    return true;
  }

  /**
   * Sends a request and reads its reply, where a slot is free, again where it fails.
   *
   * @throws {ProviderError} If no endpoint gave a valid reply within the retries.
   * @throws The signal's reason, when it aborts.
   */
  async request<T>(
    path: string,
    body: RequestBody,
    options: PoolRequestOptions<T>,
  ): Promise<T> {
    const { settings } = this.#options;
    try {
      return await this.#request(path, body, options);
    } catch (error) {
      if (settings === undefined || !(error instanceof ProviderError)) throw error;
      throw withCure(error, settings);
    }
  }

  async #request<T>(
    path: string,
    body: RequestBody,
    options: PoolRequestOptions<T>,
  ): Promise<T> {
    const failedAt = new Set<Member>();
    const { again = onceMore } = options;
    const { attempts = DEFAULT_ATTEMPTS } = this.#options.retry ?? {};
    let form = body;
    for (let timeouts = 1;; timeouts++) {
      try {
        return await withRetries(() => this.#attempt(path, form, { ...options, failedAt }), {
          ...this.#options.retry,
          clock: this.#clock,
          signal: options.signal,
          waitsItself: true,
          onRetry: () => this.#retries++,
        });
      } catch (error) {
        if (!(error instanceof ProviderError) || !isTimeout(error)) throw error;
        const next = timeouts < attempts ? again(form, timeouts) : null;
        if (next === null) throw exhausted(error, timeouts);
        form = next;
        this.#retries++;
      }
    }
  }

  /** Counts something that a server did otherwise than asked. */
  noteQuirk(kind: string, example: string): void {
    this.#quirks.add(kind, example);
  }

  /** Counts the tokens of a prompt, where the server said how many of them it had in its cache. */
  noteCached(promptTokens: number, cachedTokens: number): void {
    this.#toldPromptTokens += promptTokens;
    this.#cachedTokens += cachedTokens;
  }

  /** Requests that may be in flight at once; of a server that several roles share, this one's part. */
  get limit(): number {
    return this.#members.reduce(
      (sum, { server }) => sum + Math.ceil(server.limit / Math.max(1, server.clients)),
      0,
    );
  }

  /** Counters since the start, and the state of now. */
  metrics(): EndpointMetrics {
    const endpoints = this.#members.map((member) => member.load());
    const sum = (count: (member: Member) => number) =>
      this.#members.reduce((total, member) => total + count(member), 0);
    return {
      requests: this.#requests,
      retries: this.#retries,
      running: sum(({ running }) => running),
      waiting: this.#line.length,
      limit: this.limit,
      tokensPerSecond: endpoints.reduce((total, one) => total + one.tokensPerSecond, 0),
      cachedShare: this.#toldPromptTokens === 0
        ? null
        : this.#cachedTokens / this.#toldPromptTokens,
      failures: this.#failures.snapshot(),
      quirks: this.#quirks.snapshot(),
      endpoints,
    };
  }

  /** Ends what goes on in the background. Requests that wait fail; those in flight are their callers' to abort. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.#line.close();
    for (const { server } of this.#members) server.leave(this.#client);
    await Promise.all(this.#background);
  }

  async #attempt<T>(
    path: string,
    body: RequestBody,
    options: PoolRequestOptions<T> & { readonly failedAt: Set<Member> },
  ): Promise<T> {
    const { read, work = oneToken, signal, session, failedAt } = options;
    const { member, held } = await this.#line.acquire({ avoid: failedAt, signal, session });
    this.#requests++;
    try {
      const reply = await member.transport.request(path, body, { signal, session });
      const value = read(reply, member.transport.url);
      member.succeeded(held, { ...work(value), kind: path });
      return value;
    } catch (error) {
      if (!(error instanceof ProviderError)) {
        member.ended(held);
        throw error;
      }
      failedAt.add(member);
      throw this.#noteFailure(member, held, error);
    } finally {
      member.release();
      this.#line.wake();
      if (member.needsLoad(this.#clock.now())) {
        this.#inBackground(member.askLoad(this.#closing.signal));
      }
    }
  }

  #noteFailure(member: Member, held: MemberSlot, error: ProviderError): ProviderError {
    this.#failures.add(error.kind, error.message);
    const isMisplaced = member.failed(held, error);
    const now = this.#clock.now();
    const others = this.#members.filter((other) => other !== member && other.isAlive(now));
    if (!isMisplaced || others.length === 0) return error;
    return error.changed({ isRetryable: true });
  }

  #inBackground(task: Promise<void>): void {
    const tracked = task.finally(() => {
      this.#background.delete(tracked);
      this.#line.wake();
    });
    this.#background.add(tracked);
  }
}

function onceMore(body: RequestBody, timeouts: number): RequestBody | null {
  return timeouts < 2 ? body : null;
}

function oneToken(): Work {
  return { tokens: 0, sequenceTokens: 1 };
}
