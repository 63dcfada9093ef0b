/**
 * Selection (docs/search.md, "Selection"): from the root to the leaf that the next rollout takes. Pure; reads the tree, changes nothing.
 */
import type { PpmCalibration } from "../core/mod.ts";
import type { SearchContext } from "./_context.ts";
import type { TreeNode } from "./_node.ts";
import { totalValue, visitCount } from "./_values.ts";
import type { SearchSpec } from "./spec.ts";

/** Parameters of selection. */
export interface SelectionOptions {
  readonly rule: SearchSpec["selection"];
  /** `c`. */
  readonly exploration: number;
  readonly calibration: PpmCalibration;
}

/** Parameters of the score of a child. */
export interface ScoringOptions extends SelectionOptions {
  /** Segments drawn at the parent. */
  readonly draws: number;
}

/** Parameters of selection, as a tree has them. */
export function selectionOptions(
  { spec, calibration }: Pick<SearchContext, "spec" | "calibration">,
): SelectionOptions {
  return { rule: spec.selection, exploration: spec.exploration, calibration };
}

/** The leaf, or with `closing` "when-met" the finished node, that the next rollout goes to; `null` when nothing is open. */
export function selectLeaf(root: TreeNode, options: SelectionOptions): TreeNode | null {
  if (root.openLeaves === 0) return null;
  let node = root;
  while (node.drawBatches > 0) {
    const child = selectChild(node, options);
    // Nothing is open below it, and yet it is: a rollout has to find that out (`closing`).
    if (child === null) return node.openLeaves > 0 ? node : null;
    node = child;
  }
  return node;
}

/** The open child of highest score; `null` when none is open. */
export function selectChild(parent: TreeNode, options: SelectionOptions): TreeNode | null {
  const open = parent.children.filter((child) => child.openLeaves > 0);
  return bestScored(open, { ...options, draws: parent.draws });
}

/** The child of highest score. Ties: the first one in the released rule, else the order of {@linkcode compareDrawn}. */
function bestScored(children: readonly TreeNode[], scoring: ScoringOptions): TreeNode | null {
  let best: TreeNode | null = null;
  let bestScore = -Infinity;
  for (const child of children) {
    const score = childScore(child, scoring);
    if (
      best === null || score > bestScore ||
      (score === bestScore && scoring.rule !== "released" && compareDrawn(child, best) < 0)
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
 * `uct`: `Q + c * sqrt(ln max(1, N_parent) / N)`, a child with N = 0 comes first. `puct`: `Q + c * P * sqrt(max(1, N_parent)) / (1 + N)`
 * with `P` = the child's share of the segments drawn at its parent, and `Q` = 0 while N = 0 (Silver et al. 2017, AlphaZero). `released`:
 * as `uct`, but the exploration term is 0 while N or N_parent is 0, so that a fresh child scores exactly 0.
 */
export function childScore(child: TreeNode, options: ScoringOptions): number {
  const { rule, exploration, calibration, draws } = options;
  const n = visitCount(child) + child.inFlight;
  if (n === 0 && rule === "uct") return Infinity;
  if (n === 0 && rule === "released") return 0;
  const parent = child.parent;
  const parentCount = Math.max(1, parent === null ? 0 : visitCount(parent) + parent.inFlight);
  const mean = n === 0 ? 0 : (totalValue(child, calibration) - child.inFlight) / n;
  const term = rule === "puct"
    ? child.multiplicity / draws * Math.sqrt(parentCount) / (1 + n)
    : Math.sqrt(Math.log(parentCount) / n);
  return mean + exploration * term;
}

/**
 * Order among new children, and among children of equal score: steps that passed before failed ones that may be corrected, then
 * answers that were judged instead of scored, then the higher PPM logit (which tanh may have flattened), then the earlier draw.
 */
export function compareDrawn(a: TreeNode, b: TreeNode): number {
  const byStatus = compareStatus(a, b);
  if (byStatus !== 0) return byStatus;
  // Beside scored steps an answer has no score while N = 0, and what has none comes first (docs/search.md, "Selection").
  if ((a.logit === null) !== (b.logit === null)) return a.logit === null ? -1 : 1;
  if (a.logit !== null && b.logit !== null && a.logit !== b.logit) return b.logit - a.logit;
  return a.drawIndex - b.drawIndex;
}

/** Steps that passed come before failed ones. */
function compareStatus(a: TreeNode, b: TreeNode): number {
  return Number(a.status !== "ok") - Number(b.status !== "ok");
}

/** The new child of an expansion that a rollout goes down to; `null` when all of them failed. */
export function bestNewChild(
  { node, draws, created }: {
    readonly node: TreeNode;
    /** Segments drawn by the expansion. */
    readonly draws: number;
    readonly created: readonly TreeNode[];
  },
  options: SelectionOptions,
): TreeNode | null {
  const open = created.filter((child) => !child.closed);
  if (options.rule === "uct") return open.sort(compareDrawn)[0] ?? null;
  const scoring = { ...options, draws: node.draws + draws };
  if (options.rule === "released") return bestScored(open, scoring);
  return open.sort((a, b) =>
    compareStatus(a, b) ||
    childScore(b, scoring) - childScore(a, scoring) || compareDrawn(a, b)
  )[0] ?? null;
}
