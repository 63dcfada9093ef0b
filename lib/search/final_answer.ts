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

/** An answer of one tree, as the rules across trees see it. */
export interface TreeAnswer extends FinalAnswer {
  /** Weight in a vote, from the PPM's mean over the path; in [0, 1]. */
  readonly weight: number;
}

/**
 * The answer of a tree; `null` when it has none.
 *
 * - `logit`: the answer node of highest raw logit; ties: more visits, then the lower index.
 * - `path-mean`: the highest mean logit over the nodes of the path.
 * - `visits`: from the root always to the child with most visits, among those with an answer below.
 * - `weighted-vote`: the answer whose nodes have the largest sum of weights, each `(1 + mean q0 of the path) / 2`.
 *
 * Without a PPM all logits count as equal, and every answer has the weight 1/2.
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

/**
 * Every answer of a tree with its vote, for rules across trees and for reports.
 *
 * `score` is the raw logit, 0 without a PPM.
 */
export function treeAnswers(
  tree: TreeRecord,
  options: { readonly calibration: PpmCalibration },
): readonly TreeAnswer[] {
  return tree.nodes.flatMap((leaf) =>
    leaf.kind !== "answer" || leaf.answer === null ? [] : [{
      answer: leaf.answer,
      nodeId: leaf.nodeId,
      score: leaf.ppmLogit ?? 0,
      weight: voteWeight(tree, { leaf, calibration: options.calibration }),
    }]
  );
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
  for (const leaf of leaves) {
    const weight = voteWeight(tree, { leaf, calibration });
    votes.set(keyOf(leaf), (votes.get(keyOf(leaf)) ?? 0) + weight);
  }
  return bestLeaf(leaves, (leaf) => votes.get(keyOf(leaf)) ?? 0);
}

function voteWeight(
  tree: TreeRecord,
  options: { readonly leaf: NodeRecord; readonly calibration: PpmCalibration },
): number {
  const { leaf, calibration } = options;
  return (1 + pathMean(tree, { leaf, of: (logit) => priorValue(logit, calibration) })) / 2;
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
