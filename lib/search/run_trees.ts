import { InfrastructureError } from "../core/mod.ts";

/** How many trees may be open: a number, or a rule that is asked again whenever a tree ends, and now and then between. */
export type OpenTrees = number | ((open: number) => number);

/** Capacity from which the number of open trees is derived. */
export interface SearchCapacity {
  /** Requests that the policy endpoints take at once. */
  readonly policySlots: number;
  /** Requests that the PPM endpoints take at once; 0 without a PPM. */
  readonly ppmSlots: number;
  readonly sandboxWorkers: number;
  /** Steps that wait for a worker now. */
  readonly sandboxWaiting: number;
  /** Rollouts of one tree in flight. */
  readonly window: number;
  /** Trees that are open now. */
  readonly open: number;
}

/** With so many steps waiting for every worker the sandbox is what the search waits for: further trees would only lie in memory. */
const CROWDED_STEPS_PER_WORKER = 8;

/**
 * Trees that keep all three queues busy: a rollout is in one of them at a time, so there is one for every slot of an endpoint, and
 * one that runs and one that waits for every sandbox worker. While the sandbox is crowded no tree is added to those that are open.
 */
export function openTreesFor(capacity: SearchCapacity): number {
  const { policySlots, ppmSlots, sandboxWorkers, sandboxWaiting, window, open } = capacity;
  const enough = Math.max(1, Math.ceil((policySlots + ppmSlots + 2 * sandboxWorkers) / window));
  const isCrowded = sandboxWaiting > CROWDED_STEPS_PER_WORKER * sandboxWorkers;
  return isCrowded ? Math.max(1, Math.min(enough, open)) : enough;
}

/** Options of {@linkcode runTrees}. */
export interface RunTreesOptions<Job, Tree> {
  /** Grows one tree. */
  readonly grow: (job: Job, options: { readonly signal: AbortSignal }) => Promise<Tree>;
  /**
   * Takes a finished tree, normally into the store. Awaited before the next job is admitted in its place: a sink that falls
   * behind holds the search up instead of filling memory.
   */
  readonly onTree: (tree: Tree, job: Job) => Promise<void>;
  /** Told of a tree that an infrastructure failure left unfinished; the others go on. */
  readonly onParked: (error: InfrastructureError, job: Job) => Promise<void>;
  readonly openTrees: OpenTrees;
  /** No new tree starts once it aborts; those that are open are finished. */
  readonly stopAdmitting?: AbortSignal | undefined;
  /** Ends everything now. */
  readonly signal?: AbortSignal | undefined;
}

/** Result of {@linkcode runTrees}. */
export interface RunTreesResult {
  readonly finished: number;
  readonly parked: number;
}

/**
 * Grows many trees side by side, each for itself: no tree waits for another one, and a slow one holds up nobody. Jobs are taken
 * one by one as trees end, so that a stream of any length is never held in memory.
 *
 * @throws The signal's reason, when it aborts.
 * @throws Whatever `grow`, `onTree` or `onParked` throw other than an infrastructure failure of `grow`; the open trees are ended
 * first.
 */
export async function runTrees<Job, Tree>(
  jobs: Iterable<Job> | AsyncIterable<Job>,
  options: RunTreesOptions<Job, Tree>,
): Promise<RunTreesResult> {
  const { stopAdmitting, openTrees } = options;
  options.signal?.throwIfAborted();
  const controller = new AbortController();
  const signal = options.signal === undefined
    ? controller.signal
    : AbortSignal.any([options.signal, controller.signal]);
  const open = new OpenSet();
  const counts = { finished: 0, parked: 0 };
  const isFull = () =>
    open.size >= Math.max(1, typeof openTrees === "number" ? openTrees : openTrees(open.size));
  try {
    for await (const job of jobs) {
      if (stopAdmitting?.aborted) break;
      open.add(runOne(job, { ...options, signal, counts }));
      while (isFull()) await open.change(typeof openTrees === "number" ? null : RECHECK_MS);
      open.throwIfFailed();
      if (stopAdmitting?.aborted) break;
      signal.throwIfAborted();
    }
    while (open.size > 0) await open.change(null);
    open.throwIfFailed();
    signal.throwIfAborted();
  } catch (error) {
    controller.abort(error);
    while (open.size > 0) await open.change(null).catch(() => {});
    throw error;
  }
  return counts;
}

/** How often a rule for the number of open trees is asked while none ends, milliseconds. */
const RECHECK_MS = 250;

/** Trees that are growing, and the first failure among them. */
class OpenSet {
  size = 0;
  #failure: { readonly error: unknown } | null = null;
  #changed = Promise.withResolvers<void>();

  add(tree: Promise<void>): void {
    this.size++;
    const end = () => {
      this.size--;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    tree.then(end, (error: unknown) => {
      this.#failure ??= { error };
      end();
    });
  }

  /** Waits until a tree ends, or `timeoutMs` are over; throws the first failure. */
  async change(timeoutMs: number | null): Promise<void> {
    const { promise } = this.#changed;
    if (timeoutMs === null) await promise;
    else await withTimeout(promise, timeoutMs);
    this.throwIfFailed();
  }

  throwIfFailed(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

async function withTimeout(promise: Promise<void>, timeoutMs: number): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, timeoutMs);
  await Promise.race([promise, late.promise]);
  clearTimeout(timer);
}

async function runOne<Job, Tree>(
  job: Job,
  options: RunTreesOptions<Job, Tree> & {
    readonly signal: AbortSignal;
    readonly counts: { finished: number; parked: number };
  },
): Promise<void> {
  const { grow, onTree, onParked, signal, counts } = options;
  let tree: Tree;
  try {
    tree = await grow(job, { signal });
  } catch (error) {
    // An abort can surface as any error of what was under way; it is not the tree's failure.
    signal.throwIfAborted();
    if (!(error instanceof InfrastructureError)) throw error;
    await onParked(error, job);
    counts.parked++;
    return;
  }
  await onTree(tree, job);
  counts.finished++;
}
