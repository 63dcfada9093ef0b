/**
 * How many requests one server is given at a time, when nobody says. A pure state machine: no clock, no I/O.
 *
 * A batching server gives more tokens per second the more requests it holds, up to a point from which on each request only takes
 * longer. The limit climbs that hill. Requests are watched in epochs of one limit each; an epoch's height is the *power*
 *
 *     limit^(1 - COST) / latency per token
 *
 * By Little's law limit / latency is the throughput, so a larger limit is kept when it raises the throughput by more than COST times
 * its own growth (power after Kleinrock, "Power and deterministic rules of thumb for probabilistic problems in computer
 * communications", ICC 1979). Latency per token, not per reply, because replies differ in length by an order of magnitude.
 *
 * Overload (429, 503, a deadline, a queue that grows in the server) cuts the limit at once, and the place is remembered: the climb
 * back slows down before it.
 */

/** Bounds of an adaptive limit, in requests. */
export interface LimitBounds {
  /** @default 1 */
  readonly min?: number;
  /** @default 512 */
  readonly max?: number;
  /** First limit. @default 32 */
  readonly initial?: number;
}

/** A limit and what it has learnt so far. */
export interface AdaptiveLimit {
  /** Requests in flight that are allowed now. */
  readonly limit: number;
  /** Counts the changes; a request belongs to the epoch in which it began. */
  readonly epoch: number;
  readonly min: number;
  readonly max: number;
  /** `start` doubles until that no longer helps; `climb` takes small steps for good. */
  readonly phase: "start" | "climb";
  /** The best known limit and its power; `null` until one epoch is over. */
  readonly best: { readonly limit: number; readonly power: number } | null;
  /** Way of the next step. */
  readonly direction: 1 | -1;
  /** Epochs still to be spent at the best limit before the next step, and how many after the next failed one. */
  readonly rest: number;
  readonly restAfterFailure: number;
  /** Limit that was too much, and epochs since; `null` without an overload in memory. */
  readonly ceiling: { readonly limit: number; readonly age: number } | null;
  /** Replies of this epoch. */
  readonly seen: { readonly replies: number; readonly seconds: number; readonly expected: number };
  /** Seconds per token of the first reply of each kind: makes replies of different routes comparable. */
  readonly units: Readonly<Record<string, number>>;
  /** Requests that waited in the server when it was last asked; `null` before. */
  readonly waiting: number | null;
}

/** A reply, as far as the limit is concerned. */
export interface TimedReply {
  /** Epoch in which its request began. */
  readonly epoch: number;
  /** Kind of request, e.g. its route. */
  readonly kind: string;
  readonly seconds: number;
  /** Length of what was generated or read, in tokens of one sequence. */
  readonly tokens: number;
  /** Whether the limit was used up while it ran: an idle server says nothing about a busy one. */
  readonly isFull: boolean;
}

/** Relative growth of throughput that a relative growth of the limit must bring. */
const COST = 0.1;
const START_FACTOR = 2;
const STEP_FACTOR = 1.25;
/** Growth near a limit that was too much. */
const CAREFUL_FACTOR = 1.03;
/** Share of the ceiling from which on growth is careful. */
const NEAR_CEILING = 0.85;
/** Epochs after which an overload is forgotten: load of others passes. */
const CEILING_EPOCHS = 24;
const MAX_REST = 8;
/** Replies of the shortest epoch. */
const MIN_REPLIES = 8;

/** Share of the limit that remains after an overload. */
const CUTS = { refused: 0.7, timeout: 0.5, queue: 0.9 } as const;

/** A queue cuts no further: it may be somebody else's, who gives way to nobody. */
const QUEUE_FLOOR = 8;

/** Signs of too much load: a refusal (429, 503), a missed deadline, requests that wait in the server. */
export type Overload = keyof typeof CUTS;

/**
 * A limit that has seen nothing yet.
 *
 * @throws {RangeError} If the bounds are no positive integers in order.
 */
export function adaptiveLimit(bounds: LimitBounds = {}): AdaptiveLimit {
  const { min = 1, max = 512 } = bounds;
  const initial = bounds.initial ?? Math.min(max, Math.max(min, 32));
  const ordered = [1, min, initial, max];
  if (!ordered.every((n, i) => Number.isInteger(n) && n >= (ordered[i - 1] ?? 1))) {
    throw new RangeError(
      `Cannot adapt a limit: expected integers 1 <= min <= initial <= max, got ${min}, ${initial}, ${max}`,
    );
  }
  return {
    limit: initial,
    epoch: 0,
    min,
    max,
    phase: "start",
    best: null,
    direction: 1,
    rest: 0,
    restAfterFailure: 1,
    ceiling: null,
    seen: NOTHING,
    units: {},
    waiting: null,
  };
}

const NOTHING = { replies: 0, seconds: 0, expected: 0 } as const;

/** The limit after a reply. */
export function afterReply(state: AdaptiveLimit, reply: TimedReply): AdaptiveLimit {
  if (reply.epoch !== state.epoch || !reply.isFull) return state;
  const seconds = Math.max(reply.seconds, 1e-6);
  const tokens = Math.max(reply.tokens, 1);
  const unit = state.units[reply.kind] ?? seconds / tokens;
  const seen = {
    replies: state.seen.replies + 1,
    seconds: state.seen.seconds + seconds,
    expected: state.seen.expected + tokens * unit,
  };
  const next = { ...state, units: { ...state.units, [reply.kind]: unit }, seen };
  return seen.replies < Math.max(MIN_REPLIES, state.limit) ? next : endEpoch(next);
}

/** The limit after an overload. Requests that began before the last change are not counted: one overload is one cut. */
export function afterOverload(
  state: AdaptiveLimit,
  event: { readonly epoch: number; readonly overload: Overload },
): AdaptiveLimit {
  if (event.epoch !== state.epoch) return state;
  const { min, limit: before } = state;
  const floor = event.overload === "queue" ? Math.max(min, Math.min(before, QUEUE_FLOOR)) : min;
  const limit = Math.max(floor, Math.floor(before * CUTS[event.overload]));
  return {
    ...moved(state, limit),
    phase: "climb",
    best: null,
    direction: 1,
    rest: 0,
    ceiling: { limit: before, age: 0 },
  };
}

/** Share of the running requests that may wait in the server: a few must, or it runs dry between two replies. */
const WAITING_SHARE = 0.1;

/** The limit after a look at the server's own queue. Only a queue that is long and does not shrink is an overload. */
export function afterServerLoad(
  state: AdaptiveLimit,
  load: { readonly running: number; readonly waiting: number },
): AdaptiveLimit {
  const isLong = load.waiting > Math.max(1, WAITING_SHARE * load.running);
  const isRising = state.waiting !== null && load.waiting >= state.waiting;
  const next = { ...state, waiting: load.waiting };
  return isLong && isRising ? afterOverload(next, { epoch: state.epoch, overload: "queue" }) : next;
}

function endEpoch(state: AdaptiveLimit): AdaptiveLimit {
  const { replies: _, seconds, expected } = state.seen;
  const power = state.limit ** (1 - COST) / (seconds / expected);
  const aged = { ...state, ceiling: olderCeiling(state.ceiling) };
  return aged.phase === "start" ? judgeStart(aged, power) : judgeStep(aged, power);
}

function olderCeiling(ceiling: AdaptiveLimit["ceiling"]): AdaptiveLimit["ceiling"] {
  if (ceiling === null || ceiling.age >= CEILING_EPOCHS) return null;
  return { limit: ceiling.limit, age: ceiling.age + 1 };
}

function judgeStart(state: AdaptiveLimit, power: number): AdaptiveLimit {
  const { limit, best, max } = state;
  if (best !== null && power <= best.power) {
    return { ...moved(state, best.limit), phase: "climb", direction: 1 };
  }
  const grown = { ...state, best: { limit, power } };
  if (limit === max) return { ...moved(grown, limit), phase: "climb", direction: -1 };
  return moved(grown, Math.min(max, limit * START_FACTOR));
}

function judgeStep(state: AdaptiveLimit, power: number): AdaptiveLimit {
  const { limit, best, direction, restAfterFailure } = state;
  const isTrial = best !== null && limit !== best.limit;
  if (isTrial && power <= best.power) {
    return {
      ...moved(state, best.limit),
      direction: direction === 1 ? -1 : 1,
      rest: restAfterFailure,
      restAfterFailure: Math.min(MAX_REST, restAfterFailure * 2),
    };
  }
  // At the best limit its power is measured anew: prompts grow, and others come and go.
  const here = {
    ...state,
    best: { limit, power },
    restAfterFailure: isTrial ? 1 : restAfterFailure,
  };
  if (here.rest > 0) return { ...moved(here, limit), rest: here.rest - 1 };
  const next = step(here);
  return next === limit
    ? { ...moved(here, limit), direction: direction === 1 ? -1 : 1 }
    : moved(here, next);
}

function step({ limit, direction, ceiling, min, max }: AdaptiveLimit): number {
  if (direction < 0) return Math.max(min, Math.min(limit - 1, Math.round(limit / STEP_FACTOR)));
  const isNear = ceiling !== null && limit * STEP_FACTOR > ceiling.limit * NEAR_CEILING;
  const factor = isNear ? CAREFUL_FACTOR : STEP_FACTOR;
  return Math.min(max, Math.max(limit + 1, Math.round(limit * factor)));
}

/** A new epoch at this limit. */
function moved(state: AdaptiveLimit, limit: number): AdaptiveLimit {
  return { ...state, limit, epoch: state.epoch + 1, seen: NOTHING };
}
