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
import { nodeCode, trajectoryCode } from "./near_duplicate.ts";
import { type Candidate, chooseSides, type PairDrop, type PairSides } from "./pair_sides.ts";
import type { PairRules } from "./rules.ts";
import { Siblings } from "./siblings.ts";

/** Better and worse continuations of one prefix, or a part of them: every positive against every negative is a pair. */
export interface PairGroup extends PairSides {
  /** `step`: steps that continue the same prefix. `final`: whole trajectories of one problem. */
  readonly kind: "step" | "final";
  readonly round: number;
  /** Tree of the prefix; of whole trajectories, that of the first positive. */
  readonly treeId: string;
  /** Text of the path above, outputs included; empty for whole trajectories and first steps. */
  readonly prefix: string;
}

/** Why a problem gives no pairs. */
export type ContrastDrop = "quarantined" | "all_right" | "all_wrong" | "no_answers";

/** Result of the rules for a problem. */
export interface ChosenPairs {
  readonly groups: readonly PairGroup[];
  /** Why nothing of the problem can be compared; `null` where something can. */
  readonly problemDropped: ContrastDrop | null;
  /** Prefixes with several continuations, above right and wrong answers, that give no group, by reason. */
  readonly dropped: Readonly<Partial<Record<PairDrop, number>>>;
}

/** Chooses the preference pairs of a problem (docs/architecture.md, "Preference pairs"). Deterministic: ties go to the earlier node. */
export function choosePairs(problem: ExportedProblem, rules: PairRules): ChosenPairs {
  const last = Math.max(...problem.trees.map(({ round }) => round));
  const trees = problem.trees.filter(({ round }) => rules.rounds === "all" || round === last);
  const problemDropped = whyNothing(problem.problemId, trees, rules);
  if (problemDropped !== null) return { groups: [], problemDropped, dropped: {} };
  const choices = [
    ...(rules.stepPairs ? trees.flatMap((tree) => stepGroups(tree, rules)) : []),
    ...(rules.finalPairs ? finalGroups(trees, rules) : []),
  ];
  const dropped: Partial<Record<PairDrop, number>> = {};
  const groups: PairGroup[] = [];
  for (const choice of choices) {
    if (typeof choice === "string") dropped[choice] = (dropped[choice] ?? 0) + 1;
    else groups.push(...choice);
  }
  return { groups, problemDropped, dropped };
}

function whyNothing(
  problemId: string,
  trees: readonly ExportedTree[],
  rules: PairRules,
): ContrastDrop | null {
  if (rules.quarantine.includes(problemId)) return "quarantined";
  const { right, wrong } = countAnswers(trees);
  if (right > 0) return wrong > 0 || rules.failures !== "none" ? null : "all_right";
  return wrong > 0 ? "all_wrong" : "no_answers";
}

/** Outcome for a prefix: its groups, or the reason why there are none. */
type Choice = readonly PairGroup[] | PairDrop;

function stepGroups(tree: ExportedTree, rules: PairRules): readonly Choice[] {
  const siblings = new Siblings(tree);
  const choices: Choice[] = [];
  for (const { node, prefix } of prefixesOf(tree, siblings, rules)) {
    const all = siblings.below(node).filter(({ kind }) => rules.answerPairs || kind !== "answer");
    if (all.length < 2) continue;
    const measured = all.flatMap((child) => stepCandidate(child, siblings, rules));
    const sides = chooseSides(measured, rules);
    if (typeof sides !== "string") {
      choices.push(sides.map((group) => (
        { kind: "step", round: tree.round, treeId: tree.treeId, prefix, ...group }
      )));
    } else if (sides === "one_sided") {
      const isForRollouts = all.length > measured.length && hasContrast(all, rules);
      choices.push(isForRollouts ? "few_rollouts" : "one_sided");
    } else {
      choices.push(sides);
    }
  }
  return choices;
}

interface Prefix {
  readonly node: ExportedNode;
  readonly prefix: string;
}

/** Nodes whose children can be compared, with the text from the first step to them. */
function prefixesOf(
  tree: ExportedTree,
  siblings: Siblings,
  rules: PairRules,
): readonly Prefix[] {
  const [root] = tree.nodes;
  if (root === undefined) return [];
  const found: Prefix[] = [];
  const open: Prefix[] = [{ node: root, prefix: "" }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { node, prefix } = next;
    if (!isOfInterest(node, rules)) continue;
    found.push(next);
    const children = siblings.below(node);
    const followed = rules.prefixes === "all" ? children : mostVisited(children, rules);
    open.push(...followed.map((child) => ({ node: child, prefix: prefix + child.text })));
  }
  return found.sort((a, b) => a.node.nodeId - b.node.nodeId);
}

function isOfInterest({ rightAnswers, wrongAnswers }: ExportedNode, rules: PairRules): boolean {
  return rightAnswers > 0 && (wrongAnswers > 0 || rules.failures !== "none");
}

function mostVisited(
  children: readonly ExportedNode[],
  rules: PairRules,
): readonly ExportedNode[] {
  return children.filter((child) => isOfInterest(child, rules))
    .toSorted((a, b) => b.visits - a.visits)
    .slice(0, 1);
}

/** Whether one child leads to a right answer and another one is a negative, however few rollouts say so. */
function hasContrast(children: readonly ExportedNode[], rules: PairRules): boolean {
  return children.some((a) =>
    a.rightAnswers > 0 &&
    children.some((b) => b !== a && (b.wrongAnswers > 0 || isNegativeFailure(b, rules)))
  );
}

function isFailure({ status, visits, rightAnswers, wrongAnswers }: ExportedNode): boolean {
  // A failed step that was corrected later has rollouts and answers below it: it is a step like others.
  return status !== "ok" && status !== "screened_out" && visits + rightAnswers + wrongAnswers === 0;
}

function isNegativeFailure(node: ExportedNode, { failures }: PairRules): boolean {
  if (!isFailure(node) || failures === "none") return false;
  return failures === "all" || node.status === "code_error";
}

function stepCandidate(
  node: ExportedNode,
  siblings: Siblings,
  rules: PairRules,
): readonly Candidate[] {
  const isNegative = isNegativeFailure(node, rules);
  if (isFailure(node) && !isNegative) return [];
  const q = isNegative ? -1 : nodeQ(node, rules.q);
  if (q === null || !hasEnoughRollouts(node, rules)) return [];
  return [{
    text: node.text,
    q,
    visits: node.visits,
    code: () => nodeCode(node),
    leadsRight: node.rightAnswers > 0,
    leadsWrong: node.wrongAnswers > 0 || isNegative,
    bestCompletion: () => siblings.completionQ(node, { best: true, q: rules.q }),
    worstCompletion: () =>
      isNegative ? -1 : siblings.completionQ(node, { best: false, q: rules.q }),
  }];
}

/** The value of an answer is its judgement; below a finished program only the answer's wording is left to chance. */
function hasEnoughRollouts(
  node: ExportedNode,
  { minRollouts }: { readonly minRollouts: number },
): boolean {
  if (node.correct !== null || isFailure(node)) return true;
  return node.visits >= (node.kind === "code_end" ? Math.min(1, minRollouts) : minRollouts);
}

/** Right trajectories of highest mean Q against wrong ones of lowest, round by round: Q is not comparable across rounds. */
function finalGroups(trees: readonly ExportedTree[], rules: PairRules): readonly Choice[] {
  const rounds = [...new Set(trees.map(({ round }) => round))];
  return rounds.flatMap((round): readonly Choice[] => {
    const own = trees.filter((tree) => tree.round === round);
    const { right, wrong } = countAnswers(own);
    if (right === 0 || wrong === 0) return [];
    const candidates = own.flatMap(trajectories).flatMap((one) => finalCandidate(one, rules));
    const sides = chooseSides(candidates, { ...rules, completionMargin: false });
    if (typeof sides === "string") return [sides];
    return [sides.map((group) => (
      { kind: "final", round, treeId: treeIdOf(group, candidates), prefix: "", ...group }
    ))];
  });
}

interface FinalCandidate extends Candidate {
  readonly treeId: string;
}

function treeIdOf({ positives }: PairSides, candidates: readonly FinalCandidate[]): string {
  return candidates.find(({ text, q }) => text === positives[0]?.text && q === positives[0].q)
    ?.treeId ?? "";
}

function finalCandidate(trajectory: Trajectory, rules: PairRules): readonly FinalCandidate[] {
  const q = trajectoryQ(trajectory, rules.q);
  if (q === null) return [];
  return [{
    text: trajectoryText(trajectory),
    q: q.mean,
    visits: trajectory.leaf.visits,
    // The answer belongs to it: equal programs may be followed by different answers.
    code: () => `${trajectoryCode(trajectory)}\n${trajectory.leaf.text.trim()}`,
    leadsRight: trajectory.isCorrect,
    leadsWrong: !trajectory.isCorrect,
    bestCompletion: () => q.mean,
    worstCompletion: () => q.mean,
    treeId: trajectory.tree.treeId,
  }];
}
