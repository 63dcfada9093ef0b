import type { RolloutRecord, StopReason } from "../core/mod.ts";
import type { SearchContext } from "./_context.ts";
import type { ForkBook } from "./_fork_book.ts";
import { rollOutFork } from "./_fork_rollout.ts";
import type { TreeNode } from "./_node.ts";
import { type Rollout, rollOut } from "./_rollout.ts";
import { selectionOptions, selectLeaf } from "./_select.ts";
import { stopReason } from "./_stop.ts";
import type { SearchTree } from "./_tree.ts";

/** Options of {@linkcode grow}. */
export interface GrowOptions {
  readonly context: SearchContext;
  /** Forks of the tree; `null` where expansions are samples. */
  readonly book: ForkBook | null;
  /** `context.now()` when the tree was begun. */
  readonly startedMs: number;
  /** Ends the rollouts in flight after one of them has failed. */
  readonly abort: (reason: unknown) => void;
  readonly onCommit: (rollout: Rollout, record: RolloutRecord) => void;
}

/**
 * Runs rollouts until a rule stops the tree. At most `window` are in flight: rollout j selects when all rollouts up to j - window
 * are committed, and they are committed in the order in which they selected (docs/search.md, "Order and randomness").
 *
 * @throws Whatever a rollout throws; by then the others have ended too.
 */
export async function grow(tree: SearchTree, options: GrowOptions): Promise<StopReason> {
  const inFlight: Promise<FinishedRollout>[] = [];
  try {
    return await growUntilStopped(tree, { ...options, inFlight });
  } catch (error) {
    options.abort(error);
    await Promise.allSettled(inFlight);
    throw error;
  }
}

async function growUntilStopped(
  tree: SearchTree,
  options: GrowOptions & { readonly inFlight: Promise<FinishedRollout>[] },
): Promise<StopReason> {
  const { context, book, onCommit, inFlight } = options;
  const { spec } = context;
  let started = 0;

  const commitOldest = async () => {
    const oldest = inFlight.shift();
    if (oldest === undefined) return;
    const settle = await oldest;
    const rollout = settle();
    onCommit(rollout, tree.commit(rollout));
  };

  for (;;) {
    context.signal.throwIfAborted();
    if (inFlight.length >= spec.window) await commitOldest();
    const reason = stopReason(progress(tree, { ...options, started }), spec);
    const isIdle = inFlight.length === 0;
    const rollout = reason !== null
      ? null
      : book === null
      ? startAtLeaf(tree, { context, isIdle })
      : startAtFork(tree, { context, book, index: started });
    if (rollout !== null) {
      // A later one may fail before it is this one's turn to be awaited; its failure is seen then.
      rollout.catch(() => {});
      inFlight.push(rollout);
      started++;
    } else if (isIdle) {
      return reason ?? "closed";
    } else {
      await commitOldest();
    }
  }
}

/** A rollout that has ended, as a function that makes it ready for its commit when its turn has come. */
type FinishedRollout = () => Rollout;

function startAtLeaf(
  tree: SearchTree,
  options: { readonly context: SearchContext; readonly isIdle: boolean },
): Promise<FinishedRollout> | null {
  const leaf = chooseLeaf(tree, options);
  if (leaf === null) return null;
  tree.claim(leaf);
  return rollOut(leaf, options.context).then((rollout) => () => rollout);
}

function startAtFork(
  tree: SearchTree,
  { context, book, index }: {
    readonly context: SearchContext;
    readonly book: ForkBook;
    readonly index: number;
  },
): Promise<FinishedRollout> | null {
  const fork = book.take(index);
  if (fork === null) return null;
  tree.claim(fork.node);
  return rollOutFork(fork, context, { index, known: [...fork.node.children] })
    .then((rollout) => () => book.enter(rollout));
}

/**
 * The open leaf that selection prefers, or, once no leaf is open and nothing in flight can open one, a node that gets more
 * draws. There are none for a tree that has its answer: a right one, or at test time any.
 */
function chooseLeaf(
  tree: SearchTree,
  options: { readonly context: SearchContext; readonly isIdle: boolean },
): TreeNode | null {
  const { judge } = options.context;
  const leaf = selectLeaf(tree.root, selectionOptions(options.context));
  if (leaf !== null || !options.isIdle) return leaf;
  const { all, correct } = tree.arrivals;
  const hasAnswer = judge === null ? all > 0 : correct > 0;
  return hasAnswer ? null : tree.nodeToRedraw((node) => options.context.drawer.isWaitedFor(node));
}

function progress(tree: SearchTree, options: GrowOptions & { readonly started: number }) {
  const { context, startedMs, started } = options;
  return {
    started,
    committed: tree.rollouts.length,
    correct: tree.arrivals.correct,
    wrong: tree.arrivals.wrong,
    isRootClosed: tree.root.closed,
    generatedTokens: tree.usage.generatedTokens,
    elapsedSeconds: (context.now() - startedMs) / 1000,
  };
}
