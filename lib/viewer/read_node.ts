import { z } from "zod";
import type { SqlReader } from "../store/mod.ts";
import { readRows } from "./_rows.ts";
import type { NodeDetail, NodeReply, PairOfSiblings } from "./api.ts";

/** Longest text that is sent unless all of it is asked for, in characters. */
const MAX_TEXT = 20_000;

/** Longer than any text that a column can hold. */
const NO_LIMIT = 2 ** 31 - 1;

/** Columns of a node; texts are cut at the length that stands at `at`. */
function detailColumns(at: string): string {
  return `n.node_id, n.parent_id, n.depth, n.kind::VARCHAR, n.status::VARCHAR, left(n.step_text, ${at}), left(n.code, ${at}),
    left(n.stdout, ${at}), nullif(concat_ws(': ', n.error_type, left(n.error_message, ${at})), ''), n.error_line, n.visits,
    n.q_value, n.ppm_logit, n.multiplicity, exp(n.policy_logprob), n.generated_tokens, n.exec_ms, n.correct, left(n.answer, ${at}),
    greatest(length(n.step_text), coalesce(length(n.stdout), 0), coalesce(length(n.error_message), 0),
      coalesce(length(n.answer), 0)) > ${at}`;
}

const DetailCells = z.tuple([
  z.number(),
  z.number().nullable(),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.string().nullable(),
  z.string().nullable(),
  z.string().nullable(),
  z.number().nullable(),
  z.number(),
  z.number().nullable(),
  z.number().nullable(),
  z.number(),
  z.number().nullable(),
  z.number(),
  z.number().nullable(),
  z.boolean().nullable(),
  z.string().nullable(),
  z.boolean(),
]);

/** Which node is wanted, and how much of it. */
export interface NodeQuestion {
  readonly tree: string;
  readonly node: number;
  /** Whether long texts are sent whole. */
  readonly isFull: boolean;
}

/** A node with its siblings and their pairs; `null` if it is not stored. */
export async function readNode(
  reader: SqlReader,
  { tree, node, isFull }: NodeQuestion,
): Promise<NodeReply | null> {
  const found = await readRows(
    reader,
    `WITH own AS (SELECT parent_id FROM node WHERE tree_id = $1::UBIGINT AND node_id = $2)
     SELECT ${detailColumns("$3")}
     FROM node n, own WHERE n.tree_id = $1::UBIGINT AND n.parent_id IS NOT DISTINCT FROM own.parent_id
     ORDER BY n.draw_index, n.node_id`,
    [tree, node, isFull ? NO_LIMIT : MAX_TEXT],
  );
  const siblings = found.map(nodeDetail);
  const own = siblings.find((one) => one.node === node);
  if (own === undefined) return null;
  return { node: own, siblings, pairs: await readPairs(reader, tree, own.parent) };
}

/** Every node of a tree with its whole texts, in the order of their ids. */
export async function readNodes(
  reader: SqlReader,
  tree: string,
): Promise<readonly NodeDetail[] | null> {
  const found = await readRows(
    reader,
    `SELECT ${detailColumns("$2")} FROM node n WHERE n.tree_id = $1::UBIGINT ORDER BY n.node_id`,
    [tree, NO_LIMIT],
  );
  return found.length === 0 ? null : found.map(nodeDetail);
}

const PairCells = z.tuple([z.number(), z.number(), z.number()]);

/** The preference pairs that the children of a node gave. */
async function readPairs(
  reader: SqlReader,
  tree: string,
  parent: number | null,
): Promise<readonly PairOfSiblings[]> {
  if (parent === null) return [];
  const found = await readRows(
    reader,
    `SELECT positive_id, negative_id, margin FROM preference_pairs
     WHERE tree_id = $1::UBIGINT AND kind = 'step' AND parent_id = $2 ORDER BY margin DESC, positive_id, negative_id`,
    [tree, parent],
  );
  return found.map((row) => {
    const [better, worse, margin] = PairCells.parse(row);
    return { better, worse, margin };
  });
}

function nodeDetail(row: readonly unknown[]): NodeDetail {
  const cells = DetailCells.parse(row);
  const [node, parent, depth, kind, status, text, code, stdout, error, errorLine, ...rest] = cells;
  const [visits, q, ppm, multiplicity, probability, tokens, ...last] = rest;
  const [milliseconds, correct, answer, isCut] = last;
  return {
    node,
    parent,
    depth,
    kind,
    status,
    text,
    code,
    stdout,
    error,
    errorLine,
    visits,
    q,
    ppm,
    multiplicity,
    probability,
    tokens,
    milliseconds,
    correct,
    answer,
    isCut,
  };
}
