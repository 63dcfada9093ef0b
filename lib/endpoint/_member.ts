import { ProviderError } from "../core/mod.ts";
import { type BreakerOptions, type BreakerState, CircuitBreaker } from "./circuit_breaker.ts";
import type { Clock } from "./clock.ts";
import { isMisplaced } from "./_fault.ts";
import { isTimeout, noReplyInTime, withDeadline } from "./_deadline.ts";
import { Rate } from "./_rate.ts";
import type { Server, ServerSlot } from "./_server.ts";
import { readServerLoad } from "./server_load.ts";
import type { Transport } from "./transport.ts";

/** State of one endpoint of a pool, for display and load samples. */
export interface EndpointLoad {
  readonly url: string;
  /** Requests of this pool in flight there. */
  readonly running: number;
  /** Requests that the server takes at once; all roles that it serves share them. */
  readonly limit: number;
  readonly isAdaptive: boolean;
  readonly requests: number;
  readonly failures: number;
  /** Tokens generated (policy) or read (PPM) per second, over the last ten seconds. */
  readonly tokensPerSecond: number;
  readonly breaker: BreakerState;
  /** Milliseconds for which it asked to be left alone. */
  readonly pausedMs: number;
  /** Requests that wait inside the server; `null` where it does not say. */
  readonly serverWaiting: number | null;
}

/** Size of a request that succeeded, in tokens. */
export interface Work {
  /** Tokens generated, or read where none are generated. */
  readonly tokens: number;
  /** Tokens of one of its sequences: what its duration is measured by. */
  readonly sequenceTokens: number;
}

/** A slot of an endpoint, held by one request. */
export interface MemberSlot {
  readonly slot: ServerSlot;
  readonly isTrial: boolean;
  readonly startedMs: number;
}

/** Milliseconds that a look at an endpoint may take. */
const CHECK_MS = 10_000;
/** Milliseconds between two looks at a server's queue. */
const LOAD_INTERVAL_MS = 2_000;
/** Milliseconds that no pause exceeds, whatever `retry-after` asks for. */
const MAX_PAUSE_MS = 60_000;
/** One endpoint of a pool. */
export class Member {
  readonly transport: Transport;
  readonly server: Server;
  /** Whether it was removed. */
  hasLeft = false;
  running = 0;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;
  readonly #rate = new Rate();
  #requests = 0;
  #failures = 0;
  #pausedUntil = 0;
  #isChecked = false;
  #isChecking = false;
  #offersLoad: boolean;
  #loadAskedMs = -Infinity;

  constructor(
    transport: Transport,
    options: {
      readonly server: Server;
      readonly clock: Clock;
      readonly breaker: BreakerOptions;
      readonly offersLoad: boolean;
    },
  ) {
    this.transport = transport;
    this.server = options.server;
    this.#clock = options.clock;
    this.#breaker = new CircuitBreaker(options.breaker);
    this.#offersLoad = options.offersLoad;
  }

  /** Whether a request may go there as soon as a slot is free. */
  isUsable(now: number): boolean {
    if (this.hasLeft || now < this.#pausedUntil) return false;
    return this.#breaker.state(now) === "closed" || (this.#isChecked && this.#breaker.allows(now));
  }

  /** Whether it works as far as is known, be it that it asked to be left alone for a while. */
  isAlive(now: number): boolean {
    return !this.hasLeft && this.#breaker.state(now) === "closed";
  }

  /** When its usability changes by itself; `Infinity` where it does not. */
  changesAt(now: number): number {
    const moments = [this.#pausedUntil, this.#breaker.openUntil ?? 0].filter((at) => at > now);
    return Math.min(Infinity, ...moments);
  }

  /** Takes a slot; `isUsable` and `server.hasFree` must hold. */
  take(): MemberSlot {
    const now = this.#clock.now();
    this.running++;
    this.#requests++;
    return { slot: this.server.take(), isTrial: this.#breaker.begin(now), startedMs: now };
  }

  /** Gives a slot back. */
  release(): void {
    this.running--;
    this.server.release();
  }

  /** A request worked. */
  succeeded(held: MemberSlot, work: Work & { readonly kind: string }): void {
    const now = this.#clock.now();
    this.#breaker.success(held.isTrial);
    this.#rate.add(work.tokens, now);
    const seconds = (now - held.startedMs) / 1000;
    this.server.reply(held.slot, { kind: work.kind, seconds, tokens: work.sequenceTokens });
  }

  /** A request failed with something that says nothing about the endpoint, e.g. because the caller gave up. */
  ended(held: MemberSlot): void {
    this.#breaker.neutral(held.isTrial);
  }

  /**
   * A request failed.
   *
   * @returns Whether another endpoint may do better although the error says that it cannot pass by itself.
   */
  failed(held: MemberSlot, error: ProviderError): boolean {
    const now = this.#clock.now();
    const { isTrial } = held;
    this.#failures++;
    const { status, retryAfterMs } = error;
    if (status === 429 || status === 503) this.server.overload(held.slot, "refused");
    if (isTimeout(error)) this.server.overload(held.slot, "timeout");
    if (retryAfterMs !== null) {
      const until = now + Math.min(MAX_PAUSE_MS, retryAfterMs);
      this.#pausedUntil = Math.max(this.#pausedUntil, until);
    }
    const isWrongOne = isMisplaced(error);
    if (isWrongOne) this.#breaker.trip(now, isTrial);
    // Whoever refuses a request, or is busy, works.
    else if (status === 429 || (status !== null && !error.isRetryable)) {
      this.#breaker.success(isTrial);
    } else if (!error.isRetryable) this.#breaker.neutral(isTrial);
    else this.#breaker.failure(now, isTrial);
    if (this.#breaker.state(now) === "open") this.#isChecked = false;
    return isWrongOne;
  }

  /** Whether it must be looked at before it can be used again. */
  needsCheck(now: number): boolean {
    return !this.hasLeft && !this.#isChecked && !this.#isChecking &&
      this.#breaker.state(now) === "half_open";
  }

  /** Looks whether anybody answers there: the cheapest request that every server knows. */
  async check(signal: AbortSignal): Promise<void> {
    this.#isChecking = true;
    try {
      await this.#briefly((inner) => this.transport.request("/models", null, inner), signal);
      this.#isChecked = true;
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ProviderError)) throw error;
      const { status } = error;
      // Whoever refuses is there.
      if (status !== null && status < 500 && status !== 200) this.#isChecked = true;
      else this.#breaker.failure(this.#clock.now(), true);
    } finally {
      this.#isChecking = false;
    }
  }

  /** Whether the server's queue should be looked at now. */
  needsLoad(now: number): boolean {
    return this.#offersLoad && this.server.isAdaptive && !this.hasLeft &&
      now - this.#loadAskedMs >= LOAD_INTERVAL_MS;
  }

  /** Looks at the server's queue. A server that does not say is not asked again: the limit then follows the replies alone. */
  async askLoad(signal: AbortSignal): Promise<void> {
    this.#loadAskedMs = this.#clock.now();
    try {
      const text = await this.#briefly(
        (inner) => this.transport.request("../metrics", null, inner),
        signal,
      );
      const load = typeof text === "string" ? readServerLoad(text) : null;
      if (load === null) this.#offersLoad = false;
      else this.server.said(load);
    } catch (error) {
      if (!(error instanceof ProviderError) && !signal.aborted) throw error;
      // A failure here says nothing that the requests do not say themselves.
      if (error instanceof ProviderError && !error.isRetryable) this.#offersLoad = false;
    }
  }

  /** For display. */
  load(): EndpointLoad {
    const now = this.#clock.now();
    return {
      url: this.transport.url,
      running: this.running,
      limit: this.server.limit,
      isAdaptive: this.server.isAdaptive,
      requests: this.#requests,
      failures: this.#failures,
      tokensPerSecond: this.#rate.perSecond(now),
      breaker: this.#breaker.state(now),
      pausedMs: Math.max(0, this.#pausedUntil - now),
      serverWaiting: this.server.load?.waiting ?? null,
    };
  }

  #briefly<T>(
    call: (options: { readonly signal: AbortSignal }) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return withDeadline((inner) => call({ signal: inner }), {
      clock: this.#clock,
      deadlineMs: CHECK_MS,
      signal,
      late: () => noReplyInTime(this.transport.url, CHECK_MS),
    });
  }
}
