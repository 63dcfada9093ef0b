import type { SearchContext } from "./_context.ts";
import { expand, type Expansion } from "./_expand.ts";
import { isFinished, type TreeNode } from "./_node.ts";
import { bestNewChild, selectionOptions } from "./_select.ts";
import type { SearchSpec } from "./spec.ts";

/** A rollout that is finished but not yet part of the tree. */
export interface Rollout {
  /** Leaf of the tree that selection chose. */
  readonly start: TreeNode;
  /** From `start` downwards; each expands a child that the one before it created. */
  readonly expansions: readonly Expansion[];
  /** Answer that was reached; `null` when the rollout ended without one. */
  readonly answer: TreeNode | null;
}

/** Goes down from a leaf, expanding and taking the best new child, until an answer or until nothing is left. */
export async function rollOut(start: TreeNode, context: SearchContext): Promise<Rollout> {
  const expansions: Expansion[] = [];
  let node = start;
  while (!node.terminal) {
    if (endsAt(node, { start, spec: context.spec })) return { start, expansions, answer: null };
    const expansion = await expand(node, context);
    expansions.push(expansion);
    const next = bestNewChild(expansion, selectionOptions(context));
    if (next === null) return { start, expansions, answer: null };
    node = next;
  }
  return { start, expansions, answer: node };
}

/**
 * Whether nothing is to be drawn at a node: all is finished below it, or the rollout has expanded as many nodes as the limit lets it,
 * which with `closing` "when-met" leaves the node to a later one.
 */
function endsAt(
  node: TreeNode,
  { start, spec }: { readonly start: TreeNode; readonly spec: SearchSpec },
): boolean {
  return isFinished(node, spec) || node.depth - start.depth >= spec.maxDepth;
}
