/** Rollout through a fork (docs/search.md, "Forks"): one text of the policy that was never drawn before, run step by step. */
import { hashSeed } from "../core/mod.ts";
import type { SearchContext } from "./_context.ts";
import { expandWith, type Expansion } from "./_expand.ts";
import { emptyFork, type Fork, type TakenFork } from "./_fork.ts";
import { drawBehind } from "./_fork_draw.ts";
import type { TreeNode } from "./_node.ts";
import type { Rollout } from "./_rollout.ts";

/** A rollout through a fork, not yet part of the tree. */
export interface ForkRollout extends Rollout {
  /** Fork that it went through. */
  readonly fork: Fork;
  /** Segments drawn, in order; one per expansion. Empty where nothing could be drawn behind the fork. */
  readonly taken: readonly TakenFork[];
}

/** Options of {@linkcode rollOutFork}. */
export interface ForkRolloutOptions {
  /** Zero-based number of the rollout, from which its random choices follow. */
  readonly index: number;
  /** Children of the fork's node when it was chosen: what is committed meanwhile must not change the rollout. */
  readonly known: readonly TreeNode[];
}

/**
 * Draws behind a fork and goes on below the new step until an answer, a failure, or a step that the tree has already. A step that is
 * there brings its probability and nothing else: what lies below it has forks of its own.
 */
export async function rollOutFork(
  fork: Fork,
  context: SearchContext,
  options: ForkRolloutOptions,
): Promise<ForkRollout> {
  const expansions: Expansion[] = [];
  const taken: TakenFork[] = [];
  let next = fork;
  let known = options.known;
  for (let depth = 0;; depth++) {
    const seed = hashSeed(context.seed, "fork", options.index, depth);
    const drawn = await drawBehind(next, context, seed);
    if (drawn === null) return { start: fork.node, fork, expansions, taken, answer: null };
    const expansion = await expandWith(next.node, context, {
      reply: drawn.reply,
      requests: drawn.requests,
      known,
    });
    expansions.push(expansion);
    const created = expansion.created[0];
    const child = created ?? expansion.repeated[0];
    if (child === undefined) throw new RangeError("Cannot go on behind a fork: nothing was drawn");
    taken.push({ fork: next, generated: drawn.generated, child });
    const isOver = created === undefined || created.closed || created.terminal;
    if (isOver) {
      const answer = created !== undefined && created.kind === "answer" && !created.closed;
      return { start: fork.node, fork, expansions, taken, answer: answer ? created : null };
    }
    next = emptyFork(child);
    known = [];
  }
}
