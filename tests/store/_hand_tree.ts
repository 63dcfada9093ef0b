/** Trees that are written by hand, for tests in which every number of the result is known. */
import type { NodeRecord, TreeRecord } from "../../lib/core/mod.ts";
import { testTree } from "../conformance/store.ts";

/** A node by its parent's position; what is left out is that of a step that ran. */
export interface HandNode extends Partial<NodeRecord> {
  readonly parent: number;
}

/** An answer below a node. */
export function answer(parent: number, text: string, changes: Partial<NodeRecord> = {}): HandNode {
  return {
    parent,
    kind: "answer",
    answer: text,
    text: `<answer>\\boxed{${text}}<end_of_answer>`,
    code: null,
    execution: null,
    terminal: true,
    ...changes,
  };
}

/** A tree whose nodes 1, 2, … are the given ones; answers count as right or wrong by their `correct`. */
export function handTree(
  nodes: readonly HandNode[],
  changes: Partial<TreeRecord> = {},
): TreeRecord {
  const base = testTree("test/1", 0);
  const [root, step] = base.nodes;
  if (root === undefined || step === undefined) throw new TypeError("The test tree has no steps");
  const records: NodeRecord[] = [{ ...root, qValue: null }];
  for (const [index, { parent, ...given }] of nodes.entries()) {
    const above = records[parent];
    if (above === undefined) throw new RangeError(`There is no node ${parent} above`);
    const q = given.qValue === undefined ? 0 : given.qValue;
    const sum = above.parentId === null
      ? 0
      : above.pathQ === null
      ? null
      : above.pathQ * above.depth;
    records.push({
      ...step,
      text: `step ${index + 1}`,
      ppmLogit: null,
      qValue: q,
      pathQ: sum === null || q === null ? null : (sum + q) / (above.depth + 1),
      ...given,
      nodeId: index + 1,
      parentId: parent,
      depth: above.depth + 1,
    });
  }
  const judged = (correct: boolean) => records.filter((node) => node.correct === correct).length;
  return {
    ...base,
    nodes: records,
    rollouts: records.filter(({ kind }) => kind === "answer")
      .map((node) => ({ leafId: node.nodeId, value: node.correct === true ? 1 : -1 })),
    correctTerminals: judged(true),
    wrongTerminals: judged(false),
    ...changes,
  };
}
