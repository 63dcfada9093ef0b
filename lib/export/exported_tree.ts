import type { NodeKind, NodeStatus } from "../core/mod.ts";

/** A node as training data is chosen from it. */
export interface ExportedNode {
  readonly nodeId: number;
  /** `null` for the root. */
  readonly parentId: number | null;
  readonly depth: number;
  readonly kind: NodeKind;
  readonly status: NodeStatus;
  readonly text: string;
  readonly code: string | null;
  /** `k`: rollouts that passed through. */
  readonly visits: number;
  /** `w`: sum of their end values. */
  readonly valueSum: number;
  /** Q of algorithm.md 3.1, which holds the PPM where one guided; `null` where it is undefined. */
  readonly qValue: number | null;
  readonly correct: boolean | null;
}

/** A stored tree; parents come before their children. */
export interface ExportedTree {
  /** Packed key, as text: it does not fit a number. */
  readonly treeId: string;
  readonly round: number;
  readonly seed: number;
  readonly nodes: readonly ExportedNode[];
}

/** A problem with the trees that were grown for it, by round and seed. */
export interface ExportedProblem {
  readonly problemId: string;
  readonly source: string;
  readonly question: string;
  readonly level: number | null;
  readonly trees: readonly ExportedTree[];
}

/** A finished solution: the path from the first step to an answer. */
export interface Trajectory {
  readonly tree: ExportedTree;
  readonly leaf: ExportedNode;
  /** From the first step to the answer. */
  readonly steps: readonly ExportedNode[];
  readonly isCorrect: boolean;
}

/** Every finished solution of a tree, in the order of its nodes. */
export function trajectories(tree: ExportedTree): readonly Trajectory[] {
  const byId = new Map(tree.nodes.map((node) => [node.nodeId, node]));
  return tree.nodes.flatMap((leaf) => {
    if (leaf.kind !== "answer" || leaf.correct === null) return [];
    const steps: ExportedNode[] = [];
    for (
      let node: ExportedNode | undefined = leaf;
      node !== undefined && node.parentId !== null;
      node = byId.get(node.parentId)
    ) steps.unshift(node);
    return [{ tree, leaf, steps, isCorrect: leaf.correct }];
  });
}

/** Which Q-value a rule looks at: of outcomes alone (`w/k`), or mixed with the PPM that guided the search. */
export type QSource = "outcomes" | "mixed";

/** Q of a node; `null` where it is undefined. */
export function nodeQ(node: ExportedNode, source: QSource): number | null {
  if (source === "mixed") return node.qValue;
  return node.visits === 0 ? null : node.valueSum / node.visits;
}

/** Mean and minimum of Q over the steps of a trajectory; `null` where a step has none. */
export function trajectoryQ(
  { steps }: Trajectory,
  source: QSource,
): { readonly mean: number; readonly min: number } | null {
  const values: number[] = [];
  for (const step of steps) {
    const q = nodeQ(step, source);
    if (q === null) return null;
    values.push(q);
  }
  const mean = values.reduce((sum, q) => sum + q, 0) / values.length;
  return { mean, min: Math.min(...values) };
}

/** The whole text of a trajectory, outputs included. */
export function trajectoryText({ steps }: Trajectory): string {
  return steps.map(({ text }) => text).join("");
}
