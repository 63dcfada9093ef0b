import { type ExportedNode, type ExportedProblem, trajectories } from "../export/mod.ts";
import type { StepTruths } from "./laboratory.ts";

/**
 * Share of the pairs of a true and a false step behind one prefix without a false step that scores order right; equal scores count
 * half. `null` where there is no such pair.
 */
export function truePreference(
  { trees }: ExportedProblem,
  truths: StepTruths,
): number | null {
  let right = 0;
  let pairs = 0;
  for (const tree of trees) {
    const ofTree = truths.get(tree.treeId);
    if (ofTree === undefined) continue;
    const sound = soundParents(trajectories(tree).map(({ steps }) => steps), ofTree);
    const siblings = Map.groupBy(
      tree.nodes.filter(({ parentId }) => parentId !== null && sound.has(parentId)),
      ({ parentId }) => parentId,
    );
    for (const steps of siblings.values()) {
      const scored = (isTrue: boolean) =>
        steps.filter(({ nodeId }) => ofTree.get(nodeId) === isTrue)
          .flatMap(({ score }) => score === null ? [] : [score]);
      for (const better of scored(true)) {
        for (const worse of scored(false)) {
          pairs++;
          right += better > worse ? 1 : better === worse ? 0.5 : 0;
        }
      }
    }
  }
  return pairs === 0 ? null : right / pairs;
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
