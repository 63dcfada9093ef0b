import { distance } from "fastest-levenshtein";
import { hashSeed } from "../core/mod.ts";
import { normalizeCode } from "../domain/mod.ts";
import {
  type ExportedProblem,
  trajectories,
  type Trajectory,
  trajectoryQ,
} from "./exported_tree.ts";
import type { SftRules } from "./rules.ts";

/** How hard a problem was for the round that its traces come from: all, some or none of its trajectories are right. */
export type Difficulty = "easy" | "medium" | "hard";

/** Why a trace or a problem gives no training data. */
export type TraceDrop =
  | "quarantined"
  | "unsolved"
  | "low_correct_share"
  | "near_duplicate"
  | "surplus";

/** A trace that is kept. */
export interface ChosenTrace {
  readonly trajectory: Trajectory;
  readonly meanQ: number | null;
  readonly minQ: number | null;
}

/** What the rules make of a problem. */
export interface ChosenTraces {
  readonly traces: readonly ChosenTrace[];
  readonly difficulty: Difficulty;
  /** Right trajectories, or whole problems (`unsolved`, `quarantined`, `low_correct_share`), left out by reason. */
  readonly dropped: Readonly<Partial<Record<TraceDrop, number>>>;
}

/** Chooses the traces of a problem (algorithm.md 4, SFT). Deterministic: ties go to the lower tree and node. */
export function chooseTraces(problem: ExportedProblem, rules: SftRules): ChosenTraces {
  const all = problem.trees.flatMap(trajectories);
  if (rules.quarantine.includes(problem.problemId)) {
    return { traces: [], difficulty: difficultyOf(all), dropped: { quarantined: 1 } };
  }
  const latest = Math.max(...all.filter(({ isCorrect }) => isCorrect).map(roundOf));
  const considered = all.filter((one) => rules.rounds === "all" || roundOf(one) === latest);
  const right = considered.filter(({ isCorrect }) => isCorrect);
  const difficulty = difficultyOf(right.length === 0 ? all : considered);
  if (right.length === 0) return { traces: [], difficulty, dropped: { unsolved: 1 } };
  const isSynthetic = rules.minCorrectSources.includes(problem.source);
  if (isSynthetic && right.length / considered.length < rules.minCorrectShare) {
    return { traces: [], difficulty, dropped: { low_correct_share: 1 } };
  }
  return { difficulty, ...keepDistinct(rank(right, problem, rules), rules) };
}

function roundOf({ tree }: Trajectory): number {
  return tree.round;
}

function difficultyOf(all: readonly Trajectory[]): Difficulty {
  const right = all.filter(({ isCorrect }) => isCorrect).length;
  if (right === 0) return "hard";
  return right === all.length ? "easy" : "medium";
}

function rank(
  right: readonly Trajectory[],
  problem: ExportedProblem,
  rules: SftRules,
): readonly ChosenTrace[] {
  const scored = right.map((trajectory) => {
    const q = trajectoryQ(trajectory, rules.q);
    return { trajectory, meanQ: q?.mean ?? null, minQ: q?.min ?? null };
  });
  const order = (trace: ChosenTrace): readonly number[] => {
    const { tree, leaf, steps } = trace.trajectory;
    if (rules.order === "random") {
      return [hashSeed("trace", problem.problemId, tree.treeId, leaf.nodeId)];
    }
    if (rules.order === "outcome") return [steps.length];
    return [-(trace.meanQ ?? -Infinity), -(trace.minQ ?? -Infinity)];
  };
  // Array.prototype.sort is stable: what ties stays in the order of trees and nodes.
  return scored.map((trace) => ({ trace, key: order(trace) }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ trace }) => trace);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? 0;
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

function keepDistinct(
  ranked: readonly ChosenTrace[],
  rules: SftRules,
): Pick<ChosenTraces, "traces" | "dropped"> {
  const kept: { readonly trace: ChosenTrace; readonly code: string }[] = [];
  const counts = { near_duplicate: 0, surplus: 0 };
  for (const trace of ranked) {
    if (kept.length === rules.perProblem) {
      counts.surplus++;
      continue;
    }
    const code = normalizeCode(
      trace.trajectory.steps.map((step) => step.code ?? "").join("\n"),
    );
    if (kept.some((one) => isNear(one.code, code, rules.nearDuplicate))) counts.near_duplicate++;
    else kept.push({ trace, code });
  }
  const dropped = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  return { traces: kept.map(({ trace }) => trace), dropped };
}

function isNear(a: string, b: string, share: number): boolean {
  if (a === b) return true;
  const longest = Math.max(a.length, b.length);
  // The lengths alone bound the distance from below, and most traces end here.
  if (share === 0 || Math.abs(a.length - b.length) > share * longest) return false;
  return distance(a, b) <= share * longest;
}
