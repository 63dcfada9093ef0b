import { hashSeed } from "../core/mod.ts";
import { type ContrastDrop, hasEnoughRollouts } from "./choose_pairs.ts";
import {
  countAnswers,
  type ExportedNode,
  type ExportedProblem,
  type ExportedTree,
  nodeQ,
  trajectories,
  type Trajectory,
  trajectoryQ,
  trajectoryText,
} from "./exported_tree.ts";
import type { ScoredRules } from "./rules.ts";

/** A text with the value that a reward model is to give it. */
export interface ScoredChoice {
  readonly round: number;
  readonly treeId: string;
  readonly nodeId: number;
  /** Everything behind the policy's prompt up to and with the node, outputs included. */
  readonly text: string;
  /** Outcome: 1 right, 0 wrong. Q: in [-1, 1]. */
  readonly target: number;
}

/** What the rules make of a problem. */
export interface ChosenScored {
  readonly rows: readonly ScoredChoice[];
  readonly problemDropped: ContrastDrop | null;
  /** Texts left out, by reason. */
  readonly dropped: Readonly<Partial<Record<"few_rollouts" | "surplus", number>>>;
}

/** Chooses texts with a target: the supervision of an outcome reward model, and of Q regression. */
export function chooseScored(problem: ExportedProblem, rules: ScoredRules): ChosenScored {
  const { problemId } = problem;
  const last = Math.max(...problem.trees.map(({ round }) => round));
  const trees = problem.trees.filter(({ round }) => rules.rounds === "all" || round === last);
  const problemDropped = whyNothing(problemId, trees, rules);
  if (problemDropped !== null) return { rows: [], problemDropped, dropped: {} };
  const dropped: Partial<Record<"few_rollouts" | "surplus", number>> = {};
  const rounds = [...new Set(trees.map(({ round }) => round))];
  const rows = rounds.flatMap((round) => {
    const own = trees.filter((tree) => tree.round === round);
    const choice = rules.target === "outcome"
      ? outcomes(own, problemId, rules)
      : partialSolutions(own, problemId, rules);
    for (const reason of ["few_rollouts", "surplus"] as const) {
      if (choice[reason] > 0) dropped[reason] = (dropped[reason] ?? 0) + choice[reason];
    }
    return choice.rows;
  });
  return { rows, problemDropped, dropped };
}

/** A problem whose answers are all right, or all wrong, teaches an outcome model to know the problem; Q regression needs none. */
function whyNothing(
  problemId: string,
  trees: readonly ExportedTree[],
  rules: ScoredRules,
): ContrastDrop | null {
  if (rules.quarantine.includes(problemId)) return "quarantined";
  const { right, wrong } = countAnswers(trees);
  if (right + wrong === 0) return "no_answers";
  if (rules.target === "q" || (right > 0 && wrong > 0)) return null;
  return right > 0 ? "all_right" : "all_wrong";
}

interface Choice {
  readonly rows: readonly ScoredChoice[];
  readonly few_rollouts: number;
  readonly surplus: number;
}

function outcomes(
  trees: readonly ExportedTree[],
  problemId: string,
  rules: ScoredRules,
): Choice {
  const all = trees.flatMap(trajectories);
  const keyOf = ({ tree, leaf, isCorrect, ...rest }: Trajectory) => {
    if (rules.order === "random") return randomKey(problemId, tree.treeId, leaf, rules);
    const mean = trajectoryQ({ tree, leaf, isCorrect, ...rest }, rules.q)?.mean;
    // Confident ones first: right ones of high Q, wrong ones of low.
    return mean === undefined ? Infinity : isCorrect ? -mean : mean;
  };
  const taken = [true, false].flatMap((side) =>
    all.filter(({ isCorrect }) => isCorrect === side)
      .map((trajectory) => ({ trajectory, key: keyOf(trajectory) }))
      .sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
      .slice(0, rules.perProblem)
  );
  const rows = taken.map(({ trajectory }) => ({
    ...identity(trajectory.tree, trajectory.leaf),
    text: trajectoryText(trajectory),
    target: trajectory.isCorrect ? 1 : 0,
  }));
  return { rows, few_rollouts: 0, surplus: all.length - rows.length };
}

function partialSolutions(
  trees: readonly ExportedTree[],
  problemId: string,
  rules: ScoredRules,
): Choice {
  const all = trees.flatMap((tree) => nodesWithText(tree));
  const measured = all.flatMap((one) => {
    const target = nodeQ(one.node, rules.q);
    return target === null || !hasEnoughRollouts(one.node, rules) ? [] : [{ ...one, target }];
  });
  const rows = measured
    .map((one) => ({ one, key: randomKey(problemId, one.tree.treeId, one.node, rules) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, rules.perProblem)
    .map(({ one: { tree, node, text, target } }) => ({ ...identity(tree, node), text, target }));
  return {
    rows,
    few_rollouts: all.length - measured.length,
    surplus: measured.length - rows.length,
  };
}

function randomKey(
  problemId: string,
  treeId: string,
  { nodeId }: ExportedNode,
  { seed }: ScoredRules,
): number {
  return hashSeed("scored", seed, problemId, treeId, nodeId);
}

function identity({ round, treeId }: ExportedTree, { nodeId }: ExportedNode) {
  return { round, treeId, nodeId };
}

interface NodeWithText {
  readonly tree: ExportedTree;
  readonly node: ExportedNode;
  readonly text: string;
}

/** Every node but the root, with the text from the first step to it. */
function nodesWithText(tree: ExportedTree): readonly NodeWithText[] {
  const texts = new Map<number, string>();
  return tree.nodes.flatMap((node) => {
    const above = node.parentId === null ? "" : texts.get(node.parentId);
    // Parents come first; a node whose parent was left out belongs to no solution that is read here.
    if (above === undefined) return [];
    texts.set(node.nodeId, above + node.text);
    return node.parentId === null ? [] : [{ tree, node, text: above + node.text }];
  });
}
