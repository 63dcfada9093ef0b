/** Selection (algorithm.md 3.2): from the root to the leaf that the next rollout takes. Pure; reads the tree, changes nothing. */
import type { PpmCalibration } from "../endpoint/ppm.ts";
import type { TreeNode } from "./_node.ts";
import { totalValue, visitCount } from "./_values.ts";
import type { SearchSpec } from "./spec.ts";

/** What selection depends on. */
export interface SelectionOptions {
  readonly rule: SearchSpec["selection"];
  /** `c`. */
  readonly exploration: number;
  readonly calibration: PpmCalibration;
}

/** The leaf that the next rollout takes; `null` when no leaf is open. */
export function selectLeaf(root: TreeNode, options: SelectionOptions): TreeNode | null {
  if (root.openLeaves === 0) return null;
  let node = root;
  while (node.drawBatches > 0) {
    const child = selectChild(node, options);
    if (child === null) return null;
    node = child;
  }
  return node;
}

/** The open child of highest score; `null` when none is open. */
export function selectChild(parent: TreeNode, options: SelectionOptions): TreeNode | null {
  let best: TreeNode | null = null;
  let bestScore = -Infinity;
  for (const child of parent.children) {
    if (child.openLeaves === 0) continue;
    const score = childScore(child, options);
    if (
      best === null || score > bestScore ||
      (score === bestScore && options.rule === "uct" && compareDrawn(child, best) < 0)
    ) {
      best = child;
      bestScore = score;
    }
  }
  return best;
}

/**
 * Score of a child; rollouts in flight count as losses (N + 1, q - 1).
 *
 * `uct`: `Q + c * sqrt(ln max(1, N_parent) / N)`, a child with N = 0 comes first. `released`: the exploration term is 0 while N
 * or N_parent is 0, so that a fresh child scores exactly 0.
 */
export function childScore(child: TreeNode, options: SelectionOptions): number {
  const { rule, exploration, calibration } = options;
  const n = visitCount(child) + child.inFlight;
  if (n === 0) return rule === "uct" ? Infinity : 0;
  const parent = child.parent;
  const parentCount = parent === null ? 0 : visitCount(parent) + parent.inFlight;
  const mean = (totalValue(child, calibration) - child.inFlight) / n;
  return mean + exploration * Math.sqrt(Math.log(Math.max(1, parentCount)) / n);
}

/**
 * Order among new children, and among children of equal score: steps that passed before failed ones that may be corrected, then
 * the higher PPM logit (which tanh may have flattened), then the earlier draw.
 */
export function compareDrawn(a: TreeNode, b: TreeNode): number {
  const byStatus = Number(a.status !== "ok") - Number(b.status !== "ok");
  if (byStatus !== 0) return byStatus;
  if (a.logit !== null && b.logit !== null && a.logit !== b.logit) return b.logit - a.logit;
  return a.drawIndex - b.drawIndex;
}

/** The new child that a rollout goes down to; `null` when all of them failed. */
export function bestNewChild(created: readonly TreeNode[]): TreeNode | null {
  return created.filter((child) => !child.closed).sort(compareDrawn)[0] ?? null;
}
