import type { ExecutionRecord, NodeKind, NodeStatus } from "../core/mod.ts";
import type { CodePath } from "./_code_path.ts";
import type { SearchSpec } from "./spec.ts";

/**
 * A node of a growing tree. Only `SearchTree` changes nodes that belong to it; an expansion builds its children apart, and they
 * belong to the tree from its commit on.
 */
export interface TreeNode {
  /** Position in the tree's list; -1 until committed. */
  id: number;
  readonly parent: TreeNode | null;
  readonly depth: number;
  readonly kind: NodeKind;
  status: NodeStatus;
  /** Segment as drawn, and for a finished program its output. */
  text: string;
  /** All segments from the first one to this node. */
  solution: string;
  readonly code: string | null;
  execution: ExecutionRecord | null;
  readonly answer: string | null;
  correct: boolean | null;
  readonly mergeKey: string;
  /** Order of its first text among the draws of its parent; with forks it is known at the commit only. */
  drawIndex: number;
  readonly generatedTokens: number;
  multiplicity: number;
  /** Tokens of the text so far, as far as the policy's replies tell. */
  contextTokens: number;

  /** `k`, `w` and logit (docs/search.md, "Node statistics"). */
  visits: number;
  valueSum: number;
  logit: number | null;

  children: TreeNode[];
  /** Segments drawn here, and in how many requests. */
  draws: number;
  drawBatches: number;
  terminal: boolean;
  closed: boolean;
  /** With forks: logarithm of the probability, given the parent's text, of all its drawn texts together; -Infinity before the first. */
  policyLogprob: number;
  /** With forks: open ones and those that rollouts in flight go through, both directly behind this node. */
  openForks: number;
  /** Leaves at or below this node that a rollout may go to now. */
  openLeaves: number;
  /** Rollouts in flight through this node (virtual losses). */
  inFlight: number;
  /** Whether a rollout in flight ends or expands here. */
  claimed: boolean;

  /** Where the code of the children starts from. */
  codePath: CodePath;
  /** Key of this node's own check; `null` when nothing was executed. */
  executionKey: string | null;
  /** Code of a step that ended too early and runs together with the next one. */
  carriedCode: string;
  /** Failed steps in a row up to this node, which `errorsAllowed` let stay. */
  failedInRow: number;
}

/** Draw indices from the root, the address of a node that does not depend on the order of commits. */
export function nodePath(node: TreeNode): string {
  return node.parent === null ? "" : `${nodePath(node.parent)}/${node.drawIndex}`;
}

/** Whether the node is a failed candidate: it takes no rollouts and counts as -1 by itself. Steps that may be corrected are not. */
export function isFailed(node: TreeNode): boolean {
  return node.terminal && node.status !== "ok" && node.status !== "screened_out";
}

/** Whether more draws of a node are out of the question. The answer to a given output is the answer: one is enough. */
export function isDrawnOut(node: TreeNode, spec: SearchSpec): boolean {
  if (spec.expansion === "fork") return node.openForks === 0;
  return node.drawBatches >= spec.maxDrawBatches ||
    (node.kind === "code_end" && node.children.some((child) => child.kind === "answer"));
}

/** Whether a node was drawn, and neither more draws nor rollouts below it can bring anything. */
export function isFinished(node: TreeNode, spec: SearchSpec): boolean {
  return node.drawBatches > 0 && isDrawnOut(node, spec) &&
    node.children.every((child) => child.closed);
}
