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
 * Pairs of a true and a false step by what makes the latter false: another move than the true one's, or the same move with another
 * number or name, as when a number is copied wrongly.
 */
export const PAIR_KINDS = ["all", "another move", "another number"] as const;

/** Pairs of a true and a false step. */
export type PairKind = typeof PAIR_KINDS[number];

/**
 * Share of the pairs of a true and a false step behind one prefix without a false step that scores order right, by kind; equal scores
 * count half. Without an entry where there is no such pair.
 */
export function truePreference(
  { trees }: ExportedProblem,
  truths: StepTruths,
): ReadonlyMap<PairKind, number> {
  const orders = trees.flatMap((tree) => ordersOf(tree, truths.get(tree.treeId) ?? new Map()));
  return new Map(PAIR_KINDS.flatMap((kind) => {
    const own = orders.filter((order) => kind === "all" || order.kind === kind);
    return own.length === 0 ? [] : [[kind, mean(own.map(({ right }) => right))]];
  }));
}

/** How scores order one pair. */
interface PairOrder {
  readonly kind: Exclude<PairKind, "all">;
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
    const scored = (isTrue: boolean) =>
      steps.filter(({ nodeId }) => truths.get(nodeId) === isTrue)
        .flatMap((step) => step.score === null ? [] : [{ score: step.score, move: moveOf(step) }]);
    const falseOnes = scored(false);
    return scored(true).flatMap((better) =>
      falseOnes.map((worse): PairOrder => ({
        kind: better.move === worse.move ? "another number" : "another move",
        right: better.score > worse.score ? 1 : better.score === worse.score ? 0.5 : 0,
      }))
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
