import { hashSeed } from "../core/mod.ts";
import {
  type AnswerCounts,
  countAnswers,
  type ExportedProblem,
  trajectories,
  type Trajectory,
  trajectoryQ,
  trajectoryText,
} from "./exported_tree.ts";
import { isNearDuplicate, trajectoryCode } from "./near_duplicate.ts";
import type { SftRules } from "./rules.ts";

/** How hard a problem was for the round that its traces come from: all, some or none of its trajectories are right. */
export type Difficulty = "easy" | "medium" | "hard";

/** Why a problem gives no trace. */
export type ProblemDrop =
  | "quarantined"
  | "unsolved"
  | "easy"
  | "medium"
  | "low_correct_share"
  | "too_few_traces";

/** Why a right trajectory is left out of a problem that gives others. */
export type TraceDrop = "failed_step" | "forbidden_text" | "near_duplicate" | "surplus";

/** A trace that is kept. */
export interface ChosenTrace {
  readonly trajectory: Trajectory;
  /** `null` where a step's Q is undefined. */
  readonly meanQ: number | null;
  readonly minQ: number | null;
}

/** Result of the rules for a problem. */
export interface ChosenTraces {
  readonly traces: readonly ChosenTrace[];
  readonly difficulty: Difficulty;
  /** Why the problem gives nothing; `null` where it gives traces. */
  readonly problemDropped: ProblemDrop | null;
  /** Right trajectories that were looked at and left out, by reason. */
  readonly dropped: Readonly<Partial<Record<TraceDrop, number>>>;
}

/** Chooses the traces of a problem (docs/architecture.md, "Traces"). Deterministic: ties go to the earlier tree, then the earlier node. */
export function chooseTraces(problem: ExportedProblem, rules: SftRules): ChosenTraces {
  const solved = problem.trees.filter((tree) => countAnswers([tree]).right > 0);
  const latest = Math.max(...solved.map(({ round }) => round));
  const trees = problem.trees.filter(({ round }) =>
    solved.length === 0 || rules.rounds === "all" || round === latest
  );
  const answers = countAnswers(trees);
  const difficulty = difficultyOf(answers);
  const problemDropped = whyNothing(problem, { difficulty, answers, rules });
  if (problemDropped !== null) return { traces: [], difficulty, problemDropped, dropped: {} };
  const right = trees.flatMap(trajectories).filter(({ isCorrect }) => isCorrect);
  const { traces, dropped } = keepDistinct(rank(right, problem.problemId, rules), rules);
  return traces.length < rules.minPerProblem
    ? { traces: [], difficulty, problemDropped: "too_few_traces", dropped }
    : { traces, difficulty, problemDropped: null, dropped };
}

function difficultyOf({ right, wrong }: AnswerCounts): Difficulty {
  if (right === 0) return "hard";
  return wrong === 0 ? "easy" : "medium";
}

function whyNothing(
  { problemId, source }: ExportedProblem,
  { difficulty, answers: { right, wrong }, rules }: {
    readonly difficulty: Difficulty;
    readonly answers: AnswerCounts;
    readonly rules: SftRules;
  },
): ProblemDrop | null {
  if (rules.quarantine.includes(problemId)) return "quarantined";
  if (difficulty === "hard") return "unsolved";
  const isSynthetic = rules.syntheticSources.includes(source);
  if (isSynthetic && right / (right + wrong) < rules.minCorrectShare) return "low_correct_share";
  return rules.difficulties.includes(difficulty) ? null : difficulty;
}

/** Best first. Traces without a rank, which no rollout measured, come last. */
function rank(
  right: readonly Trajectory[],
  problemId: string,
  rules: SftRules,
): readonly ChosenTrace[] {
  const ranked = right.map((trajectory) => {
    const q = trajectoryQ(trajectory, rules.q);
    const trace = { trajectory, meanQ: q?.mean ?? null, minQ: q?.min ?? null };
    return { trace, key: rankKey(trace, problemId, rules) };
  });
  // Array.prototype.sort is stable: what ties stays in the order of trees and nodes.
  return ranked.sort((a, b) =>
    compareKeys(a.key, b.key) ||
    (rules.order === "released" ? compareBranches(a.trace, b.trace) : 0)
  ).map(({ trace }) => trace);
}

/** Order of two traces of one tree by where they part: nodes are numbered as they were made, branches as they were drawn. */
function compareBranches(
  { trajectory: a }: ChosenTrace,
  { trajectory: b }: ChosenTrace,
): number {
  if (a.tree !== b.tree) return 0;
  for (const [i, { nodeId }] of a.steps.entries()) {
    const other = b.steps[i]?.nodeId ?? nodeId;
    if (nodeId !== other) return nodeId - other;
  }
  return 0;
}

/** The higher, the better, key by key. */
function rankKey(trace: ChosenTrace, problemId: string, rules: SftRules): readonly number[] {
  const { tree, leaf } = trace.trajectory;
  switch (rules.order) {
    case "mean-q":
    case "released":
      return [trace.meanQ ?? -Infinity, trace.minQ ?? -Infinity];
    case "score":
      return [leaf.score ?? -Infinity];
    case "random":
      return [hashSeed("trace", rules.seed, problemId, tree.treeId, leaf.nodeId)];
  }
}

function compareKeys(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i] ?? value;
    if (value !== other) return value > other ? -1 : 1;
  }
  return 0;
}

function keepDistinct(
  ranked: readonly ChosenTrace[],
  rules: SftRules,
): Pick<ChosenTraces, "traces" | "dropped"> {
  const kept: { readonly trace: ChosenTrace; readonly code: string }[] = [];
  const dropped: Partial<Record<TraceDrop, number>> = {};
  const drop = (reason: TraceDrop, count = 1) => dropped[reason] = (dropped[reason] ?? 0) + count;
  for (const [position, trace] of ranked.entries()) {
    const taken = rules.order === "released" ? position : kept.length;
    if (taken === rules.perProblem) {
      drop("surplus", ranked.length - position);
      break;
    }
    const reason = whyUnfit(trace.trajectory, rules);
    if (reason !== null) {
      drop(reason);
      continue;
    }
    const { nearDuplicate } = rules;
    const code = nearDuplicate === null ? "" : trajectoryCode(trace.trajectory);
    const isNear = nearDuplicate !== null &&
      kept.some((one) => isNearDuplicate(one.code, code, nearDuplicate));
    if (isNear) drop("near_duplicate");
    else kept.push({ trace, code });
  }
  return { traces: kept.map(({ trace }) => trace), dropped };
}

function whyUnfit(trajectory: Trajectory, rules: SftRules): TraceDrop | null {
  if (rules.failedSteps === "drop" && trajectory.steps.some(({ status }) => status !== "ok")) {
    return "failed_step";
  }
  const { forbiddenText } = rules;
  if (forbiddenText === "") return null;
  const text = trajectoryText(trajectory).toLowerCase();
  return text.includes(forbiddenText.toLowerCase()) ? "forbidden_text" : null;
}
