/** Rows of nodes, as `read_problems.ts` asks for them, put together to trees. */
import { z } from "zod";
import { type Json, NODE_KINDS, NODE_STATUSES, type NodeKind } from "../core/mod.ts";
import type { SegmentParent } from "../domain/domain.ts";
import { judgedText } from "../domain/mod.ts";
import type { ExportedNode, ExportedTree } from "./exported_tree.ts";

const NodeRow = z.tuple([
  z.string(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number().nullable(),
  z.enum(NODE_KINDS),
  z.enum(NODE_STATUSES),
  z.string(),
  z.string().nullable(),
  z.number(),
  z.number(),
  z.number().nullable(),
  z.boolean().nullable(),
  z.number(),
  z.number(),
  z.number(),
  z.number().nullable(),
]);

/** Trees of one problem, by its number. */
export interface NumberedTrees {
  readonly problemNo: number;
  readonly trees: readonly ExportedTree[];
}

/** Rows in order of problems and trees become trees; nothing but the open problem is held. */
export async function* groupTrees(
  batches: AsyncIterable<readonly (readonly Json[])[]>,
): AsyncGenerator<NumberedTrees> {
  let open: { readonly problemNo: number; readonly trees: ExportedTree[] } | null = null;
  let nodes: ExportedNode[] = [];
  let kinds = new Map<number | null, NodeKind>();
  for await (const batch of batches) {
    for (const row of batch) {
      const [treeId, problemNo, round, seed, ...rest] = NodeRow.parse(row);
      if (open === null || open.problemNo !== problemNo) {
        if (open !== null) yield open;
        open = { problemNo, trees: [] };
      }
      if (open.trees.at(-1)?.treeId !== treeId) {
        nodes = [];
        kinds = new Map();
        open.trees.push({ treeId, round, seed, nodes });
      }
      const node = toNode(rest);
      kinds.set(node.nodeId, node.kind);
      const parent = segmentParent(kinds.get(node.parentId));
      nodes.push({ ...node, text: judgedText({ ...node, parent }) });
    }
  }
  if (open !== null) yield open;
}

type NodeCells = z.infer<typeof NodeRow> extends [unknown, unknown, unknown, unknown, ...infer Rest]
  ? Rest
  : never;

function toNode(cells: NodeCells): ExportedNode {
  const [nodeId, parentId, kind, status, text, code, visits, valueSum, qValue, correct] = cells;
  const [, , , , , , , , , , rightAnswers, wrongAnswers, generatedTokens, score] = cells;
  return {
    nodeId,
    parentId,
    kind,
    status,
    text,
    code,
    visits,
    valueSum,
    qValue,
    correct,
    rightAnswers,
    wrongAnswers,
    generatedTokens,
    score,
  };
}

/** The kind of a parent may be unknown: above a failed candidate there need be no judged answer. */
function segmentParent(kind: NodeKind | undefined): SegmentParent {
  return kind === "root" || kind === "code_end" ? kind : "step";
}
