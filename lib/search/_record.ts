import type { NodeForks, NodeRecord, PpmCalibration, StopReason, TreeRecord } from "../core/mod.ts";
import type { ForkBook } from "./_fork_book.ts";
import { nodeForks } from "./_fork_values.ts";
import { isFailed, type TreeNode } from "./_node.ts";
import type { SearchTree } from "./_tree.ts";
import { meanValue } from "./_values.ts";

/** Data that a record holds besides the tree itself. */
export interface RecordOptions {
  readonly problemId: string;
  readonly seed: number;
  readonly stopReason: StopReason;
  readonly calibration: PpmCalibration;
  /** Forks of the tree; `null` where expansions were samples. */
  readonly book: ForkBook | null;
  readonly wallMs: number;
}

/** The finished tree as it is stored. */
export function treeRecord(tree: SearchTree, options: RecordOptions): TreeRecord {
  const { problemId, seed, stopReason, calibration, book, wallMs } = options;
  const forks = book === null ? null : nodeForks(tree.nodes, { book, calibration });
  const nodes: NodeRecord[] = [];
  const sums: (number | null)[] = [];
  for (const node of tree.nodes) {
    const qValue = qOf(node, calibration);
    const above = node.parent === null ? 0 : sums[node.parent.id] ?? null;
    // The root is no step: it takes no part in the mean over the steps of a path.
    const sum = node.parent === null
      ? 0
      : above === null || qValue === null
      ? null
      : above + qValue;
    sums.push(sum);
    nodes.push(nodeRecord(node, {
      qValue,
      pathQ: node.parent === null || sum === null ? null : sum / node.depth,
      forks: forks?.[node.id] ?? null,
    }));
  }
  return {
    problemId,
    seed,
    nodes,
    rollouts: tree.rollouts,
    stopReason,
    correctTerminals: tree.arrivals.correct,
    wrongTerminals: tree.arrivals.wrong,
    firstCorrectRollout: tree.firstCorrectRollout,
    usage: tree.usage,
    wallMs,
    ...(book === null ? {} : { forks: { openMass: book.openMass(), skipped: book.skipped } }),
  };
}

/**
 * Q of a failed candidate is -1 of its own (docs/search.md, "Node statistics"), that of a judged answer its judgement, which needs no
 * rollout.
 */
function qOf(node: TreeNode, calibration: PpmCalibration): number | null {
  if (isFailed(node)) return -1;
  if (node.correct !== null) return node.correct ? 1 : -1;
  return meanValue(node, calibration);
}

function nodeRecord(
  node: TreeNode,
  values: {
    readonly qValue: number | null;
    readonly pathQ: number | null;
    readonly forks: NodeForks | null;
  },
): NodeRecord {
  return {
    nodeId: node.id,
    parentId: node.parent === null ? null : node.parent.id,
    depth: node.depth,
    kind: node.kind,
    status: node.status,
    text: node.text,
    code: node.code,
    execution: node.execution,
    visits: node.visits,
    valueSum: node.valueSum,
    ppmLogit: node.logit,
    qValue: values.qValue,
    pathQ: values.pathQ,
    multiplicity: node.multiplicity,
    drawIndex: node.drawIndex,
    terminal: node.terminal,
    closed: node.closed,
    correct: node.correct,
    answer: node.answer,
    generatedTokens: node.generatedTokens,
    ...(values.forks === null ? {} : { forks: values.forks }),
  };
}
