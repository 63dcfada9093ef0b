/** The viewer's questions to the database. Values are bound; what is spliced in comes from lists in this file. */
import { z } from "zod";
import { type Json, UsageError } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";
import {
  type NodeDetail,
  type NodeReply,
  type RunRow,
  type Sort,
  SORTS,
  type TreeColumns,
  type TreePage,
  type TreeRow,
  type VersionReply,
} from "./api.ts";

/** Longest text that is sent unless all of it is asked for, in characters. */
const MAX_TEXT = 20_000;

/** How the list is filtered and ordered; empty text means "any". */
export const TreeFilter = z.strictObject({
  run: z.string().max(200).default(""),
  round: z.coerce.number().int().min(0).max(15).optional(),
  solved: z.enum(["", "yes", "no"]).default(""),
  level: z.coerce.number().int().min(0).max(255).optional(),
  minQ: z.coerce.number().min(-1).max(1).optional(),
  minVisits: z.coerce.number().int().min(0).optional(),
  error: z.string().max(200).default(""),
  text: z.string().max(200).default(""),
  sort: z.enum(SORTS).default("problem"),
  descending: z.enum(["", "1"]).default(""),
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** How the list is filtered and ordered. */
export type TreeFilter = z.infer<typeof TreeFilter>;

const ORDER: Readonly<Record<Sort, string>> = {
  problem: "p.problem_no",
  level: "p.level",
  solved: "t.solved",
  nodes: "t.n_nodes",
  rollouts: "t.n_rollouts",
  tokens: "t.generated_tokens",
  q: "b.best_q",
};

const FROM = `FROM tree t JOIN problem p USING (problem_no) JOIN run r USING (run_no)`;

/** Best mean Q of the finished trajectories of the trees that are asked for. */
const BEST = (where: string) =>
  `LEFT JOIN (SELECT tree_id, max(path_q) AS best_q FROM node WHERE kind = 'answer' AND status = 'ok' ${where}
     GROUP BY tree_id) b ON b.tree_id = t.tree_id`;

/** Every run with its rounds. */
export async function listRuns(reader: SqlReader): Promise<readonly RunRow[]> {
  const found = await rows(
    reader,
    `SELECT r.name, r.command, list_sort(list(DISTINCT t.round_no)), count(*)
     FROM run r JOIN tree t USING (run_no) GROUP BY r.run_no, r.name, r.command ORDER BY r.run_no`,
    [],
  );
  return found.map((row) => {
    const [run, command, rounds, trees] = z.tuple([
      z.string(),
      z.string(),
      z.array(z.number()),
      z.number(),
    ]).parse(row);
    return { run, command, rounds, trees };
  });
}

/** One page of trees. */
export async function listTrees(reader: SqlReader, filter: TreeFilter): Promise<TreePage> {
  const { where, parameters } = conditions(filter);
  const needsQ = filter.sort === "q" || filter.minQ !== undefined;
  const all = `${FROM} ${needsQ ? BEST("") : ""} ${where}`;
  const [count] = await rows(reader, `SELECT count(*) ${all}`, parameters);
  const order = `${ORDER[filter.sort]} ${filter.descending === "" ? "ASC" : "DESC"} NULLS LAST`;
  const limits = [...parameters, filter.limit, filter.offset];
  const found = await rows(
    reader,
    // Ids first: sorting a million rows with their questions would cost seconds.
    `WITH page AS (SELECT t.tree_id, row_number() OVER (ORDER BY ${order}, t.tree_id) AS place ${all}
       ORDER BY place LIMIT $${parameters.length + 1} OFFSET $${parameters.length + 2})
     SELECT t.tree_id::VARCHAR, p.problem_id, p.level, t.seed, t.solved, t.n_nodes, t.n_rollouts, t.correct_terminals,
       t.wrong_terminals, t.first_correct_rollout, t.generated_tokens, b.best_q, left(p.question, 160)
     FROM page JOIN tree t USING (tree_id) JOIN problem p USING (problem_no)
     ${BEST("AND tree_id IN (SELECT tree_id FROM page)")} ORDER BY place`,
    limits,
  );
  return { total: z.number().parse(count?.[0]), rows: found.map(treeRow) };
}

const TreeRowCells = z.tuple([
  z.string(),
  z.string(),
  z.number().nullable(),
  z.number(),
  z.boolean(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number().nullable(),
  z.number(),
  z.number().nullable(),
  z.string(),
]);

function treeRow(row: readonly Json[]): TreeRow {
  const cells = TreeRowCells.parse(row);
  const [tree, problem, level, seed, solved, nodes, rollouts, ...rest] = cells;
  const [right, wrong, firstCorrect, tokens, q, question] = rest;
  return {
    ...{ tree, problem, level, seed, solved, nodes, rollouts },
    ...{ right, wrong, firstCorrect, tokens, q, question },
  };
}

function conditions(filter: TreeFilter) {
  const parts: string[] = [];
  const parameters: (string | number | boolean)[] = [];
  const add = (condition: (place: string) => string, value: string | number | boolean) => {
    parameters.push(value);
    parts.push(condition(`$${parameters.length}`));
  };
  if (filter.run !== "") add((at) => `r.name = ${at}`, filter.run);
  if (filter.round !== undefined) add((at) => `t.round_no = ${at}`, filter.round);
  if (filter.solved !== "") add((at) => `t.solved = ${at}`, filter.solved === "yes");
  if (filter.level !== undefined) add((at) => `p.level = ${at}`, filter.level);
  if (filter.minVisits !== undefined) add((at) => `t.n_rollouts >= ${at}`, filter.minVisits);
  if (filter.minQ !== undefined) add((at) => `b.best_q >= ${at}`, filter.minQ);
  if (filter.text !== "") {
    add(
      (at) =>
        `(contains(lower(p.question), lower(${at})) OR contains(lower(p.problem_id), lower(${at})))`,
      filter.text,
    );
  }
  if (filter.error !== "") {
    add(
      (at) =>
        `t.tree_id IN (SELECT tree_id FROM node WHERE error_type = ${at} OR status::VARCHAR = ${at})`,
      filter.error,
    );
  }
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, parameters };
}

/** A packed tree key: decimal digits of a 48-bit number. */
export const TreeId = z.string().regex(/^\d{1,15}$/);

/**
 * A tree without its texts.
 *
 * @throws {UsageError} If it is not stored.
 */
export async function readTreeColumns(reader: SqlReader, tree: string): Promise<TreeColumns> {
  const [head] = await rows(
    reader,
    `SELECT r.name, t.round_no, t.seed, p.problem_id, p.question, p.answer, p.level, t.solved, t.stop_reason
     ${FROM} WHERE t.tree_id = $1::UBIGINT`,
    [tree],
  );
  if (head === undefined) throw new UsageError(`Cannot show tree ${tree}: it is not stored`);
  const [run, round, seed, problem, question, reference, level, solved, stop] = z.tuple([
    z.string(),
    z.number(),
    z.number(),
    z.string(),
    z.string(),
    z.string(),
    z.number().nullable(),
    z.boolean(),
    z.string(),
  ]).parse(head);
  const others = await rows(
    reader,
    `SELECT t.tree_id::VARCHAR, r.name || ' round ' || t.round_no || ' seed ' || t.seed ${FROM}
     WHERE p.problem_id = $1 ORDER BY t.tree_id LIMIT 200`,
    [problem],
  );
  const [cells] = await rows(
    reader,
    `SELECT list(node_id), list(parent_id), list(kind::VARCHAR), list(status::VARCHAR), list(visits), list(q_value),
       list(ppm_logit), list(correct), list(left(answer, 80))
     FROM (SELECT * FROM node WHERE tree_id = $1::UBIGINT ORDER BY node_id)`,
    [tree],
  );
  const [id, parent, kind, status, visits, q, ppm, correct, answer] = NodeColumns.parse(cells);
  return {
    ...{ tree, run, round, seed, problem, question, reference, level, solved, stop },
    others: others.map(([other, label]) => ({ tree: String(other), label: String(label) })),
    ...{ id, parent, kind, status, visits, q, ppm, correct, answer },
  };
}

const NodeColumns = z.tuple([
  z.array(z.number()),
  z.array(z.number().nullable()),
  z.array(z.string()),
  z.array(z.string()),
  z.array(z.number()),
  z.array(z.number().nullable()),
  z.array(z.number().nullable()),
  z.array(z.boolean().nullable()),
  z.array(z.string().nullable()),
]);

const NodeCells = z.tuple([
  z.number(),
  z.number().nullable(),
  z.number(),
  z.string(),
  z.string(),
  z.string(),
  z.string().nullable(),
  z.string().nullable(),
  z.string().nullable(),
  z.number(),
  z.number().nullable(),
  z.number().nullable(),
  z.number(),
  z.number(),
  z.number().nullable(),
  z.boolean().nullable(),
  z.string().nullable(),
  z.boolean(),
]);

/**
 * A node with its siblings. Long texts are cut unless `isFull`.
 *
 * @throws {UsageError} If it is not stored.
 */
export async function readNode(
  reader: SqlReader,
  { tree, node, isFull }: {
    readonly tree: string;
    readonly node: number;
    readonly isFull: boolean;
  },
): Promise<NodeReply> {
  const length = isFull ? 2 ** 31 - 1 : MAX_TEXT;
  const found = await rows(
    reader,
    `WITH own AS (SELECT parent_id FROM node WHERE tree_id = $1::UBIGINT AND node_id = $2)
     SELECT n.node_id, n.parent_id, n.depth, n.kind::VARCHAR, n.status::VARCHAR, left(n.step_text, $3), left(n.code, $3),
       left(n.stdout, $3), nullif(concat_ws(': ', n.error_type, left(n.error_message, $3)), ''), n.visits, n.q_value,
       n.ppm_logit, n.multiplicity, n.generated_tokens, n.exec_ms, n.correct, n.answer,
       greatest(length(n.step_text), coalesce(length(n.stdout), 0), coalesce(length(n.error_message), 0)) > $3
     FROM node n, own WHERE n.tree_id = $1::UBIGINT AND n.parent_id IS NOT DISTINCT FROM own.parent_id
     ORDER BY n.draw_index, n.node_id`,
    [tree, node, length],
  );
  const siblings = found.map(nodeDetail);
  const own = siblings.find((one) => one.node === node);
  if (own === undefined) {
    throw new UsageError(`Cannot show node ${node} of tree ${tree}: it is not stored`);
  }
  return { node: own, siblings };
}

function nodeDetail(row: readonly Json[]): NodeDetail {
  const [node, parent, depth, kind, status, text, code, stdout, error, ...rest] = NodeCells.parse(
    row,
  );
  const [visits, q, ppm, multiplicity, tokens, milliseconds, correct, answer, isCut] = rest;
  return {
    ...{ node, parent, depth, kind, status, text, code, stdout, error },
    ...{ visits, q, ppm, multiplicity, tokens, milliseconds, correct, answer, isCut },
  };
}

/** What distinguishes this state of the database from an earlier one. */
export async function readVersion(reader: SqlReader): Promise<VersionReply> {
  const [row] = await rows(
    reader,
    "SELECT count(*) || ' ' || coalesce(max(finished_at)::VARCHAR, '') FROM tree",
    [],
  );
  return { version: z.string().parse(row?.[0]) };
}

async function rows(
  reader: SqlReader,
  sql: string,
  parameters: readonly (string | number | boolean)[],
): Promise<readonly (readonly Json[])[]> {
  const { batches } = await reader.query(sql, { parameters, timeoutMs: 60_000 });
  const all: (readonly Json[])[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
