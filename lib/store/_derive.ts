import { type NodeRecord, StoreError } from "../core/mod.ts";

/** Values that follow from a node's place in its tree. */
export interface Derived {
  /** Smallest Q over the steps from the first one to this node; `null` where a Q on the path is undefined. */
  readonly pathMinQ: number | null;
  /** Answers at or below this node that were judged right, and wrong. */
  readonly rightAnswers: number;
  readonly wrongAnswers: number;
}

/** A node with what follows from its place. */
export interface DerivedNode {
  readonly node: NodeRecord;
  readonly derived: Derived;
}

/**
 * Derives every node of a tree; `schema/2_lineage.sql` does the same for the trees of a version-1 file.
 *
 * @param nodes Parents before their children, each at the position of its number.
 */
export function deriveNodes(nodes: readonly NodeRecord[]): readonly DerivedNode[] {
  const minQ: (number | null)[] = [];
  const right = new Uint32Array(nodes.length);
  const wrong = new Uint32Array(nodes.length);
  for (const [index, node] of nodes.entries()) {
    if (node.nodeId !== index || (node.parentId !== null && node.parentId >= index)) {
      throw new StoreError(
        `Cannot store a tree: expected node ${index} after its parent, got node ${node.nodeId} of parent ${node.parentId}`,
      );
    }
    minQ.push(pathMinQ(node, minQ));
  }
  for (const node of nodes.toReversed()) {
    const { nodeId, parentId, correct } = node;
    right[nodeId] = (right[nodeId] ?? 0) + (correct === true ? 1 : 0);
    wrong[nodeId] = (wrong[nodeId] ?? 0) + (correct === false ? 1 : 0);
    if (parentId === null) continue;
    right[parentId] = (right[parentId] ?? 0) + (right[nodeId] ?? 0);
    wrong[parentId] = (wrong[parentId] ?? 0) + (wrong[nodeId] ?? 0);
  }
  return nodes.map((node, index) => ({
    node,
    derived: {
      pathMinQ: minQ[index] ?? null,
      rightAnswers: right[index] ?? 0,
      wrongAnswers: wrong[index] ?? 0,
    },
  }));
}

function pathMinQ(node: NodeRecord, minQ: readonly (number | null)[]): number | null {
  if (node.parentId === null || node.qValue === null) return null;
  // The root has no Q of its own that would count: the path begins at the first step.
  if (node.depth <= 1) return node.qValue;
  const above = minQ[node.parentId] ?? null;
  return above === null ? null : Math.min(above, node.qValue);
}
