import { ProviderError } from "../core/mod.ts";
import { isOverloaded, preferred } from "./_affinity.ts";
import type { Clock } from "./clock.ts";
import type { Member, MemberSlot } from "./_member.ts";
import type { Server } from "./_server.ts";

/** A slot and whose it is. */
export interface AcquiredSlot {
  readonly member: Member;
  readonly held: MemberSlot;
}

/** Requests of a line that are looked through for one that wants a free slot's endpoint. */
const LOOK_AHEAD = 256;

interface Entry {
  /** Members at which this request failed before. */
  readonly avoid: ReadonlySet<Member>;
  /** The endpoint that its session wants most; `null` without a session. */
  readonly wanted: Member | null;
  readonly queuedMs: number;
  /** How often another one that wanted the endpoint more went first. */
  passedOver: number;
  readonly resolve: (slot: AcquiredSlot) => void;
  readonly reject: (reason: unknown) => void;
}

/** Options of {@linkcode WaitingLine}. */
export interface WaitingLineOptions {
  /** The pool's own list, which changes. */
  readonly members: readonly Member[];
  readonly clock: Clock;
  /** Milliseconds that a request waits while no endpoint is there at all. */
  readonly patienceMs: number;
  /** Starts a look at a member that may be back; `wake` must be called when it is over. */
  readonly check: (member: Member) => void;
}

/**
 * Requests that wait for a slot, first come first served but for sessions: who wants the endpoint of a free slot may go before who does not,
 * a few times. Which endpoint one goes to is decided when a slot is free, not before: a request never waits for a slow endpoint while
 * another one idles. There is a timer only while somebody waits for something that
 * passes with time.
 */
export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #entries: Entry[] = [];
  #timer: AbortController | null = null;
  /** Since when no member is alive; `null` while one is. */
  #downSinceMs: number | null = null;
  #isClosed = false;

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get length(): number {
    return this.#entries.length;
  }

  /**
   * Waits for a slot.
   *
   * @throws {ProviderError} If no endpoint was there for as long as the line's patience lasts.
   * @throws The signal's reason, when it aborts while waiting.
   */
  async acquire(
    options: {
      readonly avoid: ReadonlySet<Member>;
      readonly signal: AbortSignal | undefined;
      readonly session?: string | undefined;
    },
  ): Promise<AcquiredSlot> {
    const { avoid, signal, session } = options;
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    const member = this.#freeMember(avoid, session);
    if (member !== null) return { member, held: member.take() };
    const { promise, resolve, reject } = Promise.withResolvers<AcquiredSlot>();
    const queuedMs = this.#options.clock.now();
    const [wanted = null] = session === undefined ? [] : preferred(this.#options.members, session);
    const entry: Entry = { avoid, wanted, queuedMs, passedOver: 0, resolve, reject };
    this.#entries.push(entry);
    this.wake();
    if (signal === undefined) return await promise;
    const abort = () => {
      if (this.#take(entry)) reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Puts the first request that may go to a server there; `false` where there is none. */
  takeSlot(server: Server): boolean {
    const { members, clock } = this.#options;
    const now = clock.now();
    const here = members.filter((one) => one.server === server && one.isUsable(now));
    const mayCome = ({ avoid }: Entry) => here.some((one) => this.#mayGo(avoid, one));
    const head = this.#entries.find(mayCome);
    if (head === undefined) return false;
    // The head of the line stands back as often as there are endpoints, so that nobody waits for ever.
    const wanting = members.length < 2 || head.passedOver >= members.length
      ? undefined
      : this.#entries.slice(0, LOOK_AHEAD).find((one) =>
        one.wanted?.server === server && mayCome(one)
      );
    const entry = wanting ?? head;
    const member = here.find((one) => this.#mayGo(entry.avoid, one));
    if (member === undefined) return false;
    if (entry !== head) head.passedOver++;
    this.#take(entry);
    entry.resolve({ member, held: member.take() });
    return true;
  }

  /** Something has changed: slots, members, their state or the time. */
  wake(): void {
    // Taken before slots are offered: what changes while they are must still set the timer.
    const now = this.#options.clock.now();
    this.#noteDown();
    for (const server of new Set(this.#options.members.map((member) => member.server))) {
      if (this.#entries.length > 0) server.offer();
    }
    this.#giveUp();
    this.#arm(now);
  }

  /** Ends the line: whoever waits fails. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#entries.splice(0)) entry.reject(closed());
    this.#arm();
  }

  #take(entry: Entry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index >= 0) this.#entries.splice(index, 1);
    if (this.#entries.length === 0) this.#arm();
    return index >= 0;
  }

  /** The endpoint that a session wants, where it is free and has no more than its share; else the least loaded one. */
  #freeMember(avoid: ReadonlySet<Member>, session: string | undefined): Member | null {
    const { members, clock } = this.#options;
    const now = clock.now();
    const load = ({ server }: Member) => server.held / server.limit;
    const able = members.filter((one) => one.isUsable(now) && this.#mayGo(avoid, one));
    const free = able.filter((one) => one.server.hasFree);
    if (session !== undefined && able.length > 1) {
      const wanted = preferred(able, session).find((one) => !isOverloaded(one, able));
      if (wanted !== undefined && free.includes(wanted)) return wanted;
    }
    return free
      .reduce<Member | null>(
        (best, one) => (best === null || load(one) < load(best) ? one : best),
        null,
      );
  }

  /** A request goes back to where it failed only if there is nowhere else. */
  #mayGo(avoid: ReadonlySet<Member>, member: Member): boolean {
    if (!avoid.has(member)) return true;
    const now = this.#options.clock.now();
    return !this.#options.members.some((other) => !avoid.has(other) && other.isUsable(now));
  }

  #noteDown(): void {
    const now = this.#options.clock.now();
    const isAlive = this.#options.members.some((member) => member.isAlive(now));
    this.#downSinceMs = isAlive ? null : this.#downSinceMs ?? now;
  }

  /** Requests that have waited too long for an endpoint that does not come back. */
  #giveUp(): void {
    if (this.#downSinceMs === null) return;
    const { clock, patienceMs } = this.#options;
    const now = clock.now();
    for (const entry of [...this.#entries]) {
      const sinceMs = Math.max(this.#downSinceMs, entry.queuedMs);
      if (now - sinceMs >= patienceMs && this.#take(entry)) entry.reject(this.#nobody());
    }
  }

  #nobody(): ProviderError {
    const { members, patienceMs } = this.#options;
    const urls = members.map((member) => member.transport.url).join(", ");
    return new ProviderError(
      urls === ""
        ? `Cannot send a request: no endpoint has joined for ${patienceMs / 1000} s`
        : `Cannot send a request: none of ${urls} has worked for ${
          patienceMs / 1000
        } s; check that they run`,
      { status: null, isRetryable: false, kind: "no endpoint" },
    );
  }

  /** Sets the timer to the next moment after `now` at which the time alone changes something. */
  #arm(now = this.#options.clock.now()): void {
    this.#timer?.abort();
    this.#timer = null;
    if (this.#entries.length === 0 || this.#isClosed) return;
    const { members, clock, patienceMs, check } = this.#options;
    for (const member of members) if (member.needsCheck(now)) check(member);
    const moments = members.map((member) => member.changesAt(now));
    // First come, first in the line: its head has waited longest.
    const [oldest] = this.#entries;
    if (this.#downSinceMs !== null && oldest !== undefined) {
      moments.push(Math.max(this.#downSinceMs, oldest.queuedMs) + patienceMs);
    }
    const next = Math.min(Infinity, ...moments);
    if (next === Infinity) return;
    const timer = new AbortController();
    this.#timer = timer;
    clock.sleep(Math.max(0, next - clock.now()), { signal: timer.signal })
      .then(() => this.wake(), () => {});
  }
}

function closed(): ProviderError {
  return new ProviderError("Cannot send a request: the endpoints are closed", {
    status: null,
    isRetryable: false,
    kind: "closed",
  });
}
