import {
  type AdaptiveLimit,
  adaptiveLimit,
  afterOverload,
  afterReply,
  afterServerLoad,
  type Overload,
} from "./adaptive_limit.ts";
import type { ServerLoad } from "./server_load.ts";

/** Requests in flight per server: a number, or `auto` to find out how many it takes best. */
export type Concurrency = number | "auto";

/** A pool with requests that may go to a server. */
export interface ServerClient {
  /** Puts one waiting request on the server; `false` where none may go there. */
  readonly takeSlot: (server: Server) => boolean;
}

/** A slot that is held. */
export interface ServerSlot {
  /** Epoch of the limit when the slot was taken. */
  readonly epoch: number;
  /** Whether it was one of the last slots. */
  readonly isFull: boolean;
}

/** Share of the limit from which on a server counts as full. */
const FULL = 0.9;

/** One server process: how many requests it is given at a time, whoever sends them. */
export class Server {
  /** Requests in flight. */
  held = 0;
  /** Last report of the server on its own queue; `null` where it says nothing. */
  load: ServerLoad | null = null;
  readonly #clients: ServerClient[] = [];
  #next = 0;
  #adaptive: AdaptiveLimit | null;
  readonly #fixed: number;

  constructor(concurrency: Concurrency) {
    this.#adaptive = concurrency === "auto" ? adaptiveLimit() : null;
    this.#fixed = concurrency === "auto" ? 0 : concurrency;
  }

  /** Requests that may be in flight. */
  get limit(): number {
    return this.#adaptive?.limit ?? this.#fixed;
  }

  /** Whether the limit follows what the server does. */
  get isAdaptive(): boolean {
    return this.#adaptive !== null;
  }

  /** Whether a slot is free. */
  get hasFree(): boolean {
    return this.held < this.limit;
  }

  /** Pools that use it. */
  get clients(): number {
    return this.#clients.length;
  }

  /** A pool starts to use it. */
  join(client: ServerClient): void {
    this.#clients.push(client);
  }

  /** A pool stops using it. Slots that it holds come back as their requests end. */
  leave(client: ServerClient): void {
    const index = this.#clients.indexOf(client);
    if (index >= 0) this.#clients.splice(index, 1);
  }

  /** Takes a free slot. */
  take(): ServerSlot {
    this.held++;
    return { epoch: this.#adaptive?.epoch ?? 0, isFull: this.#isFull() };
  }

  /** Gives a slot back; the pools that wait for one are asked in turn. */
  release(): void {
    this.held--;
    this.offer();
  }

  /** A request on a slot that is still held was answered. */
  reply(
    slot: ServerSlot,
    reply: { readonly kind: string; readonly seconds: number; readonly tokens: number },
  ): void {
    if (this.#adaptive === null) return;
    const isFull = slot.isFull || this.#isFull();
    this.#adaptive = afterReply(this.#adaptive, { ...reply, epoch: slot.epoch, isFull });
  }

  /** A request failed because there were too many. */
  overload(slot: ServerSlot, overload: Overload): void {
    if (this.#adaptive === null) return;
    this.#adaptive = afterOverload(this.#adaptive, { epoch: slot.epoch, overload });
  }

  /** The server said how long its queue is. */
  said(load: ServerLoad): void {
    this.load = load;
    if (this.#adaptive !== null) this.#adaptive = afterServerLoad(this.#adaptive, load);
  }

  /** Hands free slots to the pools, one each in turn, until none wants one: what one role sends cannot starve another. */
  offer(): void {
    let refusals = 0;
    while (this.hasFree && refusals < this.#clients.length) {
      const client = this.#clients[this.#next++ % this.#clients.length];
      refusals = client?.takeSlot(this) ? 0 : refusals + 1;
    }
  }

  #isFull(): boolean {
    return this.held >= FULL * this.limit;
  }
}

/** The servers of a process, by origin: roles that are served by one process share its slots. */
export class Servers {
  readonly #byOrigin = new Map<string, Server>();

  /** The server at an address. The first caller says how many requests it is given. */
  at(url: string, concurrency: Concurrency): Server {
    const origin = URL.canParse(url) ? new URL(url).origin : url;
    const known = this.#byOrigin.get(origin);
    if (known !== undefined) return known;
    const server = new Server(concurrency);
    this.#byOrigin.set(origin, server);
    return server;
  }
}
