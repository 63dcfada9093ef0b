import { distance } from "fastest-levenshtein";
import { normalizeCode } from "../domain/mod.ts";
import {
  type ExportedNode,
  type ExportedProblem,
  type ExportedTree,
  nodeQ,
  trajectories,
  type Trajectory,
  trajectoryQ,
  trajectoryText,
} from "./exported_tree.ts";
import type { PairRules } from "./rules.ts";

/** A step, or a whole trajectory, on one side of a group. */
export interface PairSide {
  readonly text: string;
  readonly q: number;
  readonly visits: number;
}

/** Better and worse continuations of one prefix. */
export interface PairGroup {
  readonly kind: "step" | "final";
  readonly round: number;
  /** Tree of the prefix, or of the first positive. */
  readonly treeId: string;
  /** Text of the path above, outputs included; empty for whole trajectories and first steps. */
  readonly prefix: string;
  readonly positives: readonly PairSide[];
  readonly negatives: readonly PairSide[];
}

/** Why a prefix gives no group. */
export type PairDrop = "quarantined" | "one_sided" | "margin";

/** What the rules make of a problem. */
export interface ChosenPairs {
  readonly groups: readonly PairGroup[];
  /** Prefixes with at least two candidates that gave no group, by reason. */
  readonly dropped: Readonly<Partial<Record<PairDrop, number>>>;
}

/** A continuation with what the rules ask of it. */
interface Candidate extends PairSide {
  readonly treeId: string;
  /** Not normalised: only those that come into question are. */
  readonly code: string;
  readonly leadsRight: boolean;
  readonly leadsWrong: boolean;
}

/** Chooses the preference pairs of a problem (algorithm.md 4, PPM pairs). Ties go to the earlier node. */
export function choosePairs(problem: ExportedProblem, rules: PairRules): ChosenPairs {
  if (rules.quarantine.includes(problem.problemId)) {
    return { groups: [], dropped: { quarantined: 1 } };
  }
  const last = Math.max(...problem.trees.map(({ round }) => round));
  const trees = problem.trees.filter(({ round }) => rules.rounds === "all" || round === last);
  const dropped = { one_sided: 0, margin: 0 };
  const groups = trees.flatMap((tree) => stepGroups(tree, rules, dropped));
  if (rules.finalPairs) {
    for (const round of new Set(trees.map((tree) => tree.round))) {
      const group = finalGroup(trees.filter((tree) => tree.round === round), rules, dropped);
      if (group !== null) groups.push(group);
    }
  }
  return { groups, dropped: Object.fromEntries(Object.entries(dropped).filter(([, n]) => n > 0)) };
}

function stepGroups(
  tree: ExportedTree,
  rules: PairRules,
  dropped: Record<"one_sided" | "margin", number>,
): PairGroup[] {
  const children = new Map<number, ExportedNode[]>();
  for (const node of tree.nodes) {
    if (node.parentId === null) continue;
    const siblings = children.get(node.parentId);
    if (siblings === undefined) children.set(node.parentId, [node]);
    else siblings.push(node);
  }
  const leads = descendants(tree);
  const prefixes = new Map<number, string>();
  const groups: PairGroup[] = [];
  for (const node of tree.nodes) {
    // A tree is walked from the root, so the text above a node is known when it is reached.
    const above = node.parentId === null ? "" : prefixes.get(node.parentId) ?? "";
    const prefix = above + (node.parentId === null ? "" : node.text);
    prefixes.set(node.nodeId, prefix);
    const candidates = (children.get(node.nodeId) ?? []).flatMap((child) =>
      stepCandidate(child, { tree, leads, rules })
    );
    if (candidates.length < 2) continue;
    const sides = chooseSides(candidates, rules);
    if (typeof sides === "string") dropped[sides]++;
    else groups.push({ kind: "step", round: tree.round, prefix, ...sides });
  }
  return groups;
}

interface Leads {
  readonly right: ReadonlySet<number>;
  readonly wrong: ReadonlySet<number>;
}

/** Nodes with a right, and with a wrong, answer below them or being one. */
function descendants(tree: ExportedTree): Leads {
  const right = new Set<number>();
  const wrong = new Set<number>();
  for (const { steps, isCorrect } of trajectories(tree)) {
    for (const { nodeId } of steps) (isCorrect ? right : wrong).add(nodeId);
  }
  return { right, wrong };
}

/** Answers are compared as whole trajectories: a terminal is visited once, so its Q says nothing more than its verdict. */
function stepCandidate(
  node: ExportedNode,
  { tree, leads, rules }: {
    readonly tree: ExportedTree;
    readonly leads: Leads;
    readonly rules: PairRules;
  },
): Candidate[] {
  const isFailure = node.status !== "ok" && node.status !== "screened_out";
  const base = { treeId: tree.treeId, text: node.text, code: node.code ?? node.text };
  if (isFailure) {
    if (!rules.failures || node.code === null) return [];
    return [{ ...base, q: -1, visits: node.visits, leadsRight: false, leadsWrong: true }];
  }
  if (node.kind !== "step" && node.kind !== "code_end") return [];
  const q = nodeQ(node, rules.q);
  if (q === null || node.visits < rules.minRollouts) return [];
  return [{
    ...base,
    q,
    visits: node.visits,
    leadsRight: leads.right.has(node.nodeId),
    leadsWrong: leads.wrong.has(node.nodeId),
  }];
}

/** The 2 right trajectories of highest mean Q against the 2 wrong ones of lowest, of the trees of one round. */
function finalGroup(
  trees: readonly ExportedTree[],
  rules: PairRules,
  dropped: Record<"one_sided" | "margin", number>,
): PairGroup | null {
  const candidates = trees.flatMap(trajectories).flatMap((one) => finalCandidate(one, rules));
  if (candidates.length < 2) return null;
  const sides = chooseSides(candidates, rules);
  if (typeof sides === "string") {
    dropped[sides]++;
    return null;
  }
  const round = trees[0]?.round ?? 0;
  return { kind: "final", round, prefix: "", ...sides };
}

function finalCandidate(trajectory: Trajectory, rules: PairRules): Candidate[] {
  const q = trajectoryQ(trajectory, rules.q);
  if (q === null) return [];
  return [{
    treeId: trajectory.tree.treeId,
    text: trajectoryText(trajectory),
    // The answer belongs to it: equal programs may be followed by different answers.
    code: trajectory.steps.map((step) => step.code ?? step.text).join("\n"),
    q: q.mean,
    visits: trajectory.leaf.visits,
    leadsRight: trajectory.isCorrect,
    leadsWrong: !trajectory.isCorrect,
  }];
}

type Sides = Pick<PairGroup, "treeId" | "positives" | "negatives">;

function chooseSides(
  candidates: readonly Candidate[],
  rules: PairRules,
): Sides | "one_sided" | "margin" {
  const best = [...candidates].filter((one) => one.leadsRight).sort((a, b) => b.q - a.q);
  const worst = [...candidates].filter((one) => one.leadsWrong).sort((a, b) => a.q - b.q);
  if (best.length === 0 || worst.length === 0) return "one_sided";
  const positives = best.slice(0, allowed(rules, worst.length));
  const negatives = worst
    .filter((one) =>
      !positives.includes(one) && positives.every((other) => differs(one, other, rules))
    )
    .slice(0, allowed(rules, best.length));
  if (negatives.length === 0) return "one_sided";
  const sides = withMargin(positives, negatives, rules.margin);
  return sides === null ? "margin" : {
    treeId: positives[0]?.treeId ?? "",
    positives: sides.positives.map(plain),
    negatives: sides.negatives.map(plain),
  };
}

/** Members of one side: more where the other side is short (released rule), else `perSide`. */
function allowed({ perSide, extendTo }: PairRules, others: number): number {
  return others < perSide && extendTo > 0 ? Math.max(perSide, extendTo - others) : perSide;
}

function differs(a: Candidate, b: Candidate, rules: PairRules): boolean {
  if (rules.distinctCode && normalizeCode(a.code) === normalizeCode(b.code)) return false;
  return rules.minEditDistance === 0 || distance(a.text, b.text) >= rules.minEditDistance;
}

/** Drops the member nearest to the other side until every positive exceeds every negative by more than the margin. */
function withMargin(
  positives: readonly Candidate[],
  negatives: readonly Candidate[],
  margin: number,
): { readonly positives: readonly Candidate[]; readonly negatives: readonly Candidate[] } | null {
  let [better, worse] = [positives, negatives];
  while (better.length > 0 && worse.length > 0) {
    const lowest = better.at(-1)?.q ?? 0;
    const highest = worse.at(-1)?.q ?? 0;
    if (lowest - highest > margin) return { positives: better, negatives: worse };
    const withoutPositive = (better.at(-2)?.q ?? -Infinity) - highest;
    const withoutNegative = lowest - (worse.at(-2)?.q ?? Infinity);
    if (withoutPositive > withoutNegative) better = better.slice(0, -1);
    else worse = worse.slice(0, -1);
  }
  return null;
}

function plain({ text, q, visits }: Candidate): PairSide {
  return { text, q, visits };
}
