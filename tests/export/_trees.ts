/** Trees written down by hand: nodes in the order of their ids, the root added. */
import type { ExportedNode, ExportedProblem, ExportedTree } from "../../lib/export/mod.ts";

/** Node of a tree, told briefly. */
export interface BriefNode extends Partial<ExportedNode> {
  readonly parent: number;
  /** Rollouts through it, and the sum of their end values. */
  readonly kw?: readonly [number, number];
}

const ROOT: ExportedNode = {
  nodeId: 0,
  parentId: null,
  kind: "root",
  status: "ok",
  text: "",
  code: null,
  visits: 0,
  valueSum: 0,
  qValue: null,
  correct: null,
  rightAnswers: 0,
  wrongAnswers: 0,
  generatedTokens: 0,
  score: null,
};

/** A tree of nodes. Q is `w/k` unless it is given; the answers below every node are counted. */
export function tree(
  nodes: readonly BriefNode[],
  { round = 1, seed = 0 }: { readonly round?: number; readonly seed?: number } = {},
): ExportedTree {
  const all: ExportedNode[] = [ROOT];
  for (const { parent, kw = [2, 0], ...rest } of nodes) {
    const nodeId = all.length;
    all.push({
      ...ROOT,
      nodeId,
      parentId: parent,
      kind: "step",
      text: `<step ${nodeId}>`,
      code: `x = ${nodeId}`,
      visits: kw[0],
      valueSum: kw[1],
      qValue: kw[0] === 0 ? null : kw[1] / kw[0],
      generatedTokens: 10,
      ...rest,
    });
  }
  return { treeId: `${round}${seed}`, round, seed, nodes: all.map((node) => counted(node, all)) };
}

function counted(node: ExportedNode, all: readonly ExportedNode[]): ExportedNode {
  const isBelow = (other: ExportedNode | undefined): boolean =>
    other !== undefined &&
    (other.nodeId === node.nodeId ||
      (other.parentId !== null && isBelow(all[other.parentId])));
  const below = all.filter((other) => other.correct !== null && isBelow(other));
  return {
    ...node,
    rightAnswers: below.filter(({ correct }) => correct === true).length,
    wrongAnswers: below.filter(({ correct }) => correct === false).length,
  };
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
  return { problemId: "p/1", source: "test", question: "What is 1 + 1?", trees, ...rest };
}
