/** Which answer a finished tree gives (algorithm.md 3.7). Reads PPM scores and visits only, never a judgement. */
import type { NodeRecord, TreeRecord } from "../core/mod.ts";
import type { PpmCalibration } from "../endpoint/ppm.ts";
import { priorValue } from "./_values.ts";
import type { FinalRule } from "./spec.ts";

/** Options of {@linkcode chooseAnswer}. */
export interface ChooseAnswerOptions {
  readonly rule: FinalRule;
  readonly calibration: PpmCalibration;
  /** Answers with equal keys count as one answer (`StepDomain.answerKey`). */
  readonly answerKey: (answer: string) => string;
}

/** A chosen answer. */
export interface FinalAnswer {
  readonly answer: string;
  /** The answer node that stands for it. */
  readonly nodeId: number;
  /** What the rule compared; higher is better, comparable only within one rule. */
  readonly score: number;
}

/**
 * The answer of a tree; `null` when it has none.
 *
 * - `logit`: the answer node of highest raw logit; ties: more visits, then the lower index.
 * - `path-mean`: the highest mean logit over the nodes of the path.
 * - `visits`: from the root always to the child with most visits, among those with an answer below.
 * - `weighted-vote`: the answer whose nodes have the largest sum of votes. A node votes with the share of the policy's draws that its
 *   path stands for, times `(1 + mean q0 of the path) / 2`.
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
  const { leaves, calibration, answerKey } = options;
  const votes = new Map<string, number>();
  const keyOf = (leaf: NodeRecord) => answerKey(leaf.answer ?? "");
  const shares = drawShares(tree, leaves);
  const valueOf = (logit: number) => priorValue(logit, calibration);
  for (const leaf of leaves) {
    const weight = (1 + pathMean(tree, { leaf, of: valueOf })) / 2;
    const vote = (shares.get(leaf.nodeId) ?? 0) * weight;
    votes.set(keyOf(leaf), (votes.get(keyOf(leaf)) ?? 0) + vote);
  }
  return bestLeaf(leaves, (leaf) => votes.get(keyOf(leaf)) ?? 0);
}

/**
 * Share of the policy's draws that each node on the way to an answer stands for, the root 1. A node's share is dealt to those of its
 * children that lead to an answer, by how often each was drawn: equal candidates are one node, but not one draw.
 */
function drawShares(
  tree: TreeRecord,
  leaves: readonly NodeRecord[],
): ReadonlyMap<number, number> {
  const leading = new Set(leaves.flatMap((leaf) => [...pathOf(tree, leaf)]));
  const draws = new Map<number, number>();
  for (const { parentId, multiplicity } of leading) {
    if (parentId !== null) draws.set(parentId, (draws.get(parentId) ?? 0) + multiplicity);
  }
  const shares = new Map<number, number>([[0, 1]]);
  // Parents come before their children.
  for (const { nodeId, parentId, multiplicity } of tree.nodes.filter((node) => leading.has(node))) {
    if (parentId === null) continue;
    const part = multiplicity / (draws.get(parentId) ?? multiplicity);
    shares.set(nodeId, (shares.get(parentId) ?? 0) * part);
  }
  return shares;
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
