/** Trees written down by hand: `node(parent, …)` in the order of their ids. */
import type { ExportedNode, ExportedProblem, ExportedTree } from "../../lib/export/mod.ts";

/** What a node is, told briefly. */
export interface BriefNode extends Partial<ExportedNode> {
  readonly parent: number;
  /** Rollouts through it, and the sum of their end values. */
  readonly kw?: readonly [number, number];
}

/** A tree of nodes; the root is added. Q is `w/k` unless it is given. */
export function tree(
  nodes: readonly BriefNode[],
  { round = 1, seed = 0 }: { readonly round?: number; readonly seed?: number } = {},
): ExportedTree {
  const root: ExportedNode = {
    nodeId: 0,
    parentId: null,
    depth: 0,
    kind: "root",
    status: "ok",
    text: "",
    code: null,
    visits: 0,
    valueSum: 0,
    qValue: null,
    correct: null,
  };
  const all: ExportedNode[] = [root];
  for (const { parent, kw = [2, 0], ...rest } of nodes) {
    const nodeId = all.length;
    all.push({
      nodeId,
      parentId: parent,
      depth: (all[parent]?.depth ?? 0) + 1,
      kind: "step",
      status: "ok",
      text: `<step ${nodeId}>`,
      code: `x = ${nodeId}`,
      visits: kw[0],
      valueSum: kw[1],
      qValue: kw[0] === 0 ? null : kw[1] / kw[0],
      correct: null,
      ...rest,
    });
  }
  return { treeId: `${round}${seed}`, round, seed, nodes: all };
}

/** An answer below a node. */
export function answer(parent: number, correct: boolean, rest: Partial<BriefNode> = {}): BriefNode {
  return {
    parent,
    kind: "answer",
    code: null,
    correct,
    kw: [1, correct ? 1 : -1],
    text: `<answer ${correct}>`,
    ...rest,
  };
}

/** A problem with these trees. */
export function problem(
  trees: readonly ExportedTree[],
  rest: Partial<ExportedProblem> = {},
): ExportedProblem {
  return { problemId: "p/1", source: "test", question: "What is 1 + 1?", level: 1, trees, ...rest };
}
