/** Which answer a finished tree gives (docs/search.md, "Final answer"). Reads PPM scores and visits only, never a judgement. */
import type { NodeRecord, PpmCalibration, TreeRecord } from "../core/mod.ts";
import { priorValue } from "./_values.ts";
import type { FinalRule } from "./spec.ts";

/** Options of {@linkcode chooseAnswer}. */
export interface ChooseAnswerOptions {
  readonly rule: FinalRule;
  readonly calibration: PpmCalibration;
  /** Answers with equal keys count as one answer (`StepDomain.answerKey`). */
  readonly answerKey: (answer: string) => string;
}

/** The answer that a rule chose among the answer nodes of a tree. */
export interface FinalAnswer {
  readonly answer: string;
  /** The answer node that stands for it. */
  readonly nodeId: number;
  /** Score that the rule compared; higher is better, comparable only within one rule. */
  readonly score: number;
}

/**
 * The answer of a tree; `null` when it has none.
 *
 * - `logit`: the answer node of highest raw logit; ties: more visits, then the lower index.
 * - `path-mean`: the highest mean logit over the nodes of the path.
 * - `visits`: from the root always to the child with most visits, among those with an answer below.
 * - `weighted-vote`: the answer whose nodes have the largest sum of votes. The root has one vote, and a node's vote is dealt to those of
 *   its children that lead to an answer by how often each was drawn times `(1 + q0) / 2`: a PPM compares siblings.
 *
 * Without a PPM all logits count as equal, and `weighted-vote` is the policy's own majority, as far as the tree knows it.
 */
export function chooseAnswer(tree: TreeRecord, options: ChooseAnswerOptions): FinalAnswer | null {
  const leaves = tree.nodes.filter((node) => node.kind === "answer" && node.status === "ok");
  switch (options.rule) {
    case "logit":
      return bestLeaf(leaves, (leaf) => leaf.ppmLogit ?? 0);
    case "path-mean":
      return bestLeaf(leaves, (leaf) => pathMean(tree, { leaf, of: (logit) => logit }));
    case "visits":
      return mostVisited(tree, leaves);
    case "weighted-vote":
      return weightedVote(tree, { ...options, leaves });
  }
}

function bestLeaf(
  leaves: readonly NodeRecord[],
  scoreOf: (leaf: NodeRecord) => number,
): FinalAnswer | null {
  let best: { leaf: NodeRecord; score: number } | null = null;
  for (const leaf of leaves) {
    const score = scoreOf(leaf);
    if (
      best === null || score > best.score ||
      (score === best.score && leaf.visits > best.leaf.visits)
    ) best = { leaf, score };
  }
  return best === null ? null : finalAnswer(best.leaf, best.score);
}

function mostVisited(tree: TreeRecord, leaves: readonly NodeRecord[]): FinalAnswer | null {
  const leading = new Set<number>();
  for (const leaf of leaves) for (const node of pathOf(tree, leaf)) leading.add(node.nodeId);
  let current = leaves.length === 0 ? undefined : tree.nodes[0];
  while (current !== undefined && current.kind !== "answer") {
    const parentId: number = current.nodeId;
    current = tree.nodes.filter((n) => n.parentId === parentId && leading.has(n.nodeId))
      .toSorted((a, b) =>
        b.visits - a.visits || (b.qValue ?? -1) - (a.qValue ?? -1) || a.nodeId - b.nodeId
      )[0];
  }
  return current === undefined ? null : finalAnswer(current, current.visits);
}

function weightedVote(
  tree: TreeRecord,
  options: ChooseAnswerOptions & { readonly leaves: readonly NodeRecord[] },
): FinalAnswer | null {
  const { leaves, answerKey } = options;
  const votes = votesOfNodes(tree, options);
  const totals = new Map<string, number>();
  const keyOf = (leaf: NodeRecord) => answerKey(leaf.answer ?? "");
  for (const leaf of leaves) {
    const vote = votes.get(leaf.nodeId) ?? 0;
    totals.set(keyOf(leaf), (totals.get(keyOf(leaf)) ?? 0) + vote);
  }
  return bestLeaf(leaves, (leaf) => totals.get(keyOf(leaf)) ?? 0);
}

/** No PPM is so sure that a step counts for nothing: tanh comes to exactly -1. */
const LEAST_WEIGHT = 1e-6;

/** The vote of each node on the way to an answer. Equal candidates are one node, but not one draw. */
function votesOfNodes(
  tree: TreeRecord,
  { leaves, calibration }: {
    readonly leaves: readonly NodeRecord[];
    readonly calibration: PpmCalibration;
  },
): ReadonlyMap<number, number> {
  const leading = new Set(leaves.flatMap((leaf) => [...pathOf(tree, leaf)]));
  const weightOf = ({ multiplicity, ppmLogit }: NodeRecord) => {
    const value = ppmLogit === null ? 0 : priorValue(ppmLogit, calibration);
    return multiplicity * Math.max(LEAST_WEIGHT, (1 + value) / 2);
  };
  const dealt = new Map<number, number>();
  for (const node of leading) {
    if (node.parentId === null) continue;
    dealt.set(node.parentId, (dealt.get(node.parentId) ?? 0) + weightOf(node));
  }
  const votes = new Map<number, number>([[0, 1]]);
  // Parents come before their children.
  for (const node of tree.nodes) {
    if (node.parentId === null || !leading.has(node)) continue;
    const share = weightOf(node) / (dealt.get(node.parentId) ?? 1);
    votes.set(node.nodeId, (votes.get(node.parentId) ?? 0) * share);
  }
  return votes;
}

/** Mean over the scored nodes of a path; 0 when none is scored. */
function pathMean(
  tree: TreeRecord,
  options: { readonly leaf: NodeRecord; readonly of: (logit: number) => number },
): number {
  const values: number[] = [];
  for (const node of pathOf(tree, options.leaf)) {
    if (node.ppmLogit !== null) values.push(options.of(node.ppmLogit));
  }
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

function* pathOf(tree: TreeRecord, leaf: NodeRecord): Iterable<NodeRecord> {
  let node: NodeRecord | undefined = leaf;
  while (node !== undefined) {
    yield node;
    node = node.parentId === null ? undefined : tree.nodes[node.parentId];
  }
}

function finalAnswer(leaf: NodeRecord, score: number): FinalAnswer {
  return { answer: leaf.answer ?? "", nodeId: leaf.nodeId, score };
}
