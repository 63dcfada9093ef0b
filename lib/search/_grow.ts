import type { RolloutRecord, StopReason } from "../core/mod.ts";
import type { SearchContext } from "./_context.ts";
import type { TreeNode } from "./_node.ts";
import { type Rollout, rollOut } from "./_rollout.ts";
import { selectionOptions, selectLeaf } from "./_select.ts";
import { stopReason } from "./_stop.ts";
import type { SearchTree } from "./_tree.ts";

/** Options of {@linkcode grow}. */
export interface GrowOptions {
  readonly context: SearchContext;
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
  const inFlight: Promise<Rollout>[] = [];
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
  options: GrowOptions & { readonly inFlight: Promise<Rollout>[] },
): Promise<StopReason> {
  const { context, onCommit, inFlight } = options;
  const { spec } = context;
  let started = 0;

  const commitOldest = async () => {
    const oldest = inFlight.shift();
    if (oldest === undefined) return;
    const rollout = await oldest;
    onCommit(rollout, tree.commit(rollout));
  };

  for (;;) {
    context.signal.throwIfAborted();
    if (inFlight.length >= spec.window) await commitOldest();
    const reason = stopReason(progress(tree, { ...options, started }), spec);
    const isIdle = inFlight.length === 0;
    const leaf = reason === null ? chooseLeaf(tree, { context, isIdle }) : null;
    if (leaf !== null) {
      inFlight.push(start(tree, { leaf, context }));
      started++;
    } else if (isIdle) {
      return reason ?? "closed";
    } else {
      await commitOldest();
    }
  }
}

function start(
  tree: SearchTree,
  options: { readonly leaf: TreeNode; readonly context: SearchContext },
): Promise<Rollout> {
  tree.claim(options.leaf);
  const rollout = rollOut(options.leaf, options.context);
  // A later one may fail before it is this one's turn to be awaited; its failure is seen then.
  rollout.catch(() => {});
  return rollout;
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
