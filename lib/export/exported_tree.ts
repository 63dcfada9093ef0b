import type { NodeKind, NodeStatus } from "../core/mod.ts";

/** A node as training data is chosen from it. */
export interface ExportedNode {
  readonly nodeId: number;
  /** `null` for the root. */
  readonly parentId: number | null;
  readonly kind: NodeKind;
  readonly status: NodeStatus;
  /** Segment as it stands in the trajectory, output included. */
  readonly text: string;
  readonly code: string | null;
  /** `k`: rollouts that passed through. */
  readonly visits: number;
  /** `w`: sum of their end values. */
  readonly valueSum: number;
  /** Q (docs/search.md, "Node statistics"), which holds the PPM where one guided; `null` where it is undefined. */
  readonly qValue: number | null;
  /** Judgement of an answer; `null` for everything else. */
  readonly correct: boolean | null;
  /** Answers at or below this node that were judged right, and wrong. */
  readonly rightAnswers: number;
  readonly wrongAnswers: number;
  /** Tokens that the policy generated for the segment. */
  readonly generatedTokens: number;
  /** Score by the model that `rules.scorer` names; `null` where it gave none. */
  readonly score: number | null;
}

/**
 * The part of a stored tree that data is made from: the root and what lies above a judged answer. Parents come before their
 * children.
 */
export interface ExportedTree {
  /** Packed key, as text: it does not fit a number everywhere. */
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
  readonly trees: readonly ExportedTree[];
}

/** A finished solution: the path from the first step to an answer that was judged. */
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
  return tree.nodes.flatMap((leaf) =>
    leaf.correct === null
      ? []
      : [{ tree, leaf, steps: stepsTo(leaf, byId), isCorrect: leaf.correct }]
  );
}

function stepsTo(
  leaf: ExportedNode,
  byId: ReadonlyMap<number, ExportedNode>,
): readonly ExportedNode[] {
  const steps: ExportedNode[] = [];
  let node: ExportedNode | undefined = leaf;
  while (node !== undefined && node.parentId !== null) {
    steps.push(node);
    node = byId.get(node.parentId);
  }
  return steps.reverse();
}

/** Which Q-value a rule looks at: of outcomes alone (`w/k`), or mixed with the PPM that guided the search. */
export const Q_SOURCES = ["outcomes", "mixed"] as const;

/** Which Q-value a rule looks at. */
export type QSource = typeof Q_SOURCES[number];

/** Q of a node; `null` where it is undefined. The outcome of an answer is its judgement, whether a rollout arrived or not. */
export function nodeQ(node: ExportedNode, source: QSource): number | null {
  if (source === "mixed") return node.qValue;
  if (node.correct !== null) return node.correct ? 1 : -1;
  return node.visits === 0 ? null : node.valueSum / node.visits;
}

/** Mean and minimum of Q over the steps of a trajectory. */
export interface TrajectoryQ {
  readonly mean: number;
  readonly min: number;
}

/** Mean and minimum of Q over the steps of a trajectory; `null` where a step has none. */
export function trajectoryQ({ steps }: Trajectory, source: QSource): TrajectoryQ | null {
  let sum = 0;
  let min = Infinity;
  for (const step of steps) {
    const q = nodeQ(step, source);
    if (q === null) return null;
    sum += q;
    min = Math.min(min, q);
  }
  return { mean: sum / steps.length, min };
}

/** The whole text of a trajectory, outputs included. */
export function trajectoryText({ steps }: Trajectory): string {
  return steps.map(({ text }) => text).join("");
}

/** Right and wrong answers of a problem's trees. */
export interface AnswerCounts {
  readonly right: number;
  readonly wrong: number;
}

/** Counts the judged answers of trees; the root of each knows those of its tree. */
export function countAnswers(trees: readonly ExportedTree[]): AnswerCounts {
  let right = 0;
  let wrong = 0;
  for (const { nodes } of trees) {
    right += nodes[0]?.rightAnswers ?? 0;
    wrong += nodes[0]?.wrongAnswers ?? 0;
  }
  return { right, wrong };
}
