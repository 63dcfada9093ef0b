import { type ExportedNode, type ExportedTree, nodeQ, type QSource } from "./exported_tree.ts";

/** The children of every node of a tree. */
export class Siblings {
  readonly #children = new Map<number, ExportedNode[]>();

  constructor(tree: ExportedTree) {
    for (const node of tree.nodes) {
      if (node.parentId === null) continue;
      const siblings = this.#children.get(node.parentId);
      if (siblings === undefined) this.#children.set(node.parentId, [node]);
      else siblings.push(node);
    }
  }

  /** Children of a node, in order. */
  below({ nodeId }: ExportedNode): readonly ExportedNode[] {
    return this.#children.get(nodeId) ?? [];
  }

  /**
   * Mean Q from a node down its best completion: always the child of highest Q that leads to a right answer; or down its worst:
   * the child of lowest Q that leads to a wrong one. Undefined Q count for nothing.
   */
  completionQ(
    node: ExportedNode,
    options: { readonly best: boolean; readonly q: QSource },
  ): number {
    const values: number[] = [];
    let at: ExportedNode | null = node;
    while (at !== null) {
      const own = nodeQ(at, options.q);
      if (own !== null) values.push(own);
      at = this.#nextOf(at, options);
    }
    return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  }

  #nextOf(
    node: ExportedNode,
    { best, q }: { readonly best: boolean; readonly q: QSource },
  ): ExportedNode | null {
    const leading = this.below(node).flatMap((child) => {
      const value = nodeQ(child, q);
      const leads = best ? child.rightAnswers > 0 : child.wrongAnswers > 0;
      return leads && value !== null ? [{ child, value }] : [];
    });
    const [next] = leading.sort((a, b) => best ? b.value - a.value : a.value - b.value);
    return next?.child ?? null;
  }
}
