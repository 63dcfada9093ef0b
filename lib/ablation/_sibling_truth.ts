import { mean } from "../evaluation/mod.ts";
import {
  type ExportedNode,
  type ExportedProblem,
  type ExportedTree,
  nodeCode,
  trajectories,
} from "../export/mod.ts";
import type { StepTruths } from "./laboratory.ts";

/**
 * What makes the false step of a pair: another move than the true one's, or the same move with another number or name, as when a
 * number is copied wrongly.
 */
export const FALSE_STEPS = ["another move", "another number"] as const;

/** What makes a step false. */
export type FalseStep = typeof FALSE_STEPS[number];

/**
 * Share of the pairs of a true and a false step behind one prefix without a false step that scores order right, of all pairs and by what
 * makes the step false; equal scores count half. Without an entry where there is no such pair.
 */
export function truePreference(
  { trees }: ExportedProblem,
  truths: StepTruths,
): ReadonlyMap<"all" | FalseStep, number> {
  const orders = trees.flatMap((tree) => ordersOf(tree, truths.get(tree.treeId) ?? new Map()));
  const shares = new Map<"all" | FalseStep, number>();
  for (const kind of ["all", ...FALSE_STEPS] as const) {
    const own = orders.filter(({ falseStep }) => kind === "all" || falseStep === kind);
    if (own.length > 0) shares.set(kind, mean(own.map(({ right }) => right)));
  }
  return shares;
}

/** How scores order one pair. */
interface PairOrder {
  readonly falseStep: FalseStep;
  /** 1 right, 0 wrong, 0.5 for equal scores. */
  readonly right: number;
}

function ordersOf(tree: ExportedTree, truths: ReadonlyMap<number, boolean>): readonly PairOrder[] {
  const sound = soundParents(trajectories(tree).map(({ steps }) => steps), truths);
  const siblings = Map.groupBy(
    tree.nodes.filter(({ parentId }) => parentId !== null && sound.has(parentId)),
    ({ parentId }) => parentId,
  );
  return [...siblings.values()].flatMap((steps) => {
    const known = (isTrue: boolean) => steps.filter(({ nodeId }) => truths.get(nodeId) === isTrue);
    return known(true).flatMap((better) =>
      known(false).flatMap((worse): readonly PairOrder[] => {
        if (better.score === null || worse.score === null) return [];
        const right = better.score > worse.score ? 1 : better.score === worse.score ? 0.5 : 0;
        const falseStep = moveOf(better) === moveOf(worse) ? "another number" : "another move";
        return [{ falseStep, right }];
      })
    );
  });
}

/** A step's code with all numbers alike and all names alike. */
function moveOf(node: ExportedNode): string {
  return nodeCode(node)
    .replaceAll(/\b\d[\d.]*\b/g, "0")
    .replaceAll(/\b[\p{L}_][\p{L}\p{N}_]*\b/gu, "x");
}

/** Nodes that no false step leads to: behind one, even the right move has a false value. */
function soundParents(
  paths: readonly (readonly ExportedNode[])[],
  truths: ReadonlyMap<number, boolean>,
): ReadonlySet<number> {
  const sound = new Set<number>();
  for (const steps of paths) {
    for (const { nodeId, parentId } of steps) {
      if (parentId !== null) sound.add(parentId);
      if (truths.get(nodeId) !== true) break;
    }
  }
  return sound;
}
