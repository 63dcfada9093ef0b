import type { ExportedNode, ExportedTree } from "./exported_tree.ts";

/** The end of one rollout. */
export interface RolloutEnd {
  /** Node that its end value was backed up from; `null` when the rollout changed nothing. */
  readonly leafId: number | null;
  readonly value: number;
}

interface Statistics {
  visits: number;
  valueSum: number;
  rightAnswers: number;
  wrongAnswers: number;
}

/**
 * The tree as the given rollouts alone see it: `k`, `w`, Q of outcomes and the answers that one of them arrived at. What none of
 * them passed through is left out; failed candidates, which no rollout enters, stay below what is left.
 */
export function limitRollouts(tree: ExportedTree, rollouts: readonly RolloutEnd[]): ExportedTree {
  const statistics = backUp(tree, rollouts);
  const nodes = tree.nodes.flatMap((node): readonly ExportedNode[] => {
    const own = statistics.get(node.nodeId);
    if (own !== undefined) return [{ ...node, ...own, qValue: own.valueSum / own.visits }];
    if (node.parentId === null) return [{ ...node, ...NO_STATISTICS, qValue: null }];
    const isFailed = node.visits === 0 && node.status !== "ok";
    return isFailed && statistics.has(node.parentId) ? [node] : [];
  });
  return { ...tree, nodes };
}

const NO_STATISTICS: Readonly<Statistics> = {
  visits: 0,
  valueSum: 0,
  rightAnswers: 0,
  wrongAnswers: 0,
};

function backUp(
  tree: ExportedTree,
  rollouts: readonly RolloutEnd[],
): ReadonlyMap<number, Statistics> {
  const byId = new Map(tree.nodes.map((node) => [node.nodeId, node]));
  const statistics = new Map<number, Statistics>();
  const arrived = new Set<number>();
  for (const { leafId, value } of rollouts) {
    const leaf = leafId === null ? undefined : byId.get(leafId);
    if (leaf === undefined) continue;
    const isFirst = !arrived.has(leaf.nodeId);
    arrived.add(leaf.nodeId);
    let node: ExportedNode | undefined = leaf;
    while (node !== undefined) {
      let own = statistics.get(node.nodeId);
      if (own === undefined) statistics.set(node.nodeId, own = { ...NO_STATISTICS });
      own.visits++;
      own.valueSum += value;
      if (isFirst && leaf.correct === true) own.rightAnswers++;
      if (isFirst && leaf.correct === false) own.wrongAnswers++;
      node = node.parentId === null ? undefined : byId.get(node.parentId);
    }
  }
  return statistics;
}
