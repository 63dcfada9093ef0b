import { z } from "zod";
import type { SqlReader } from "../store/mod.ts";
import { readRows } from "./_rows.ts";
import { type RunRow, type Sort, SORTS, type TreePage, type TreeRow } from "./api.ts";

/** Longest beginning of a question in the list, in characters. */
const MAX_QUESTION = 160;

/** How the list is filtered and ordered; empty text means "any". */
export const TreeFilter = z.strictObject({
  run: z.string().max(200).default(""),
  round: z.coerce.number().int().min(0).max(15).optional(),
  solved: z.enum(["", "yes", "no"]).default(""),
  level: z.coerce.number().int().min(0).max(255).optional(),
  /** Smallest mean Q of the best finished trajectory. */
  minQ: z.coerce.number().min(-1).max(1).optional(),
  /** Smallest number of rollouts: the visits of the root. */
  minVisits: z.coerce.number().int().min(0).optional(),
  /** Type of an error, or status of a step, that occurs in the tree. */
  error: z.string().max(200).default(""),
  /** Part of the question or of the problem's id. */
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

/** Trees with their problems and runs. */
export const TREES = "FROM tree t JOIN problem p USING (problem_no) JOIN run r USING (run_no)";

/** Joins the best mean Q of the finished trajectories of every tree that meets the condition. */
function bestQ(condition: string): string {
  return `LEFT JOIN (SELECT tree_id, max(path_q) AS best_q FROM node
    WHERE kind = 'answer' AND status = 'ok' AND ${condition} GROUP BY tree_id) b ON b.tree_id = t.tree_id`;
}

const RunCells = z.tuple([z.string(), z.string(), z.array(z.number()), z.number()]);

/** Every run with its rounds, also one that has no tree yet. */
export async function listRuns(reader: SqlReader): Promise<readonly RunRow[]> {
  const found = await readRows(
    reader,
    `SELECT r.name, r.command,
       coalesce(list_sort(list(DISTINCT t.round_no) FILTER (t.round_no IS NOT NULL)), []), count(t.tree_id)
     FROM run r LEFT JOIN tree t USING (run_no) GROUP BY r.run_no, r.name, r.command ORDER BY r.run_no`,
  );
  return found.map((row) => {
    const [run, command, rounds, trees] = RunCells.parse(row);
    return { run, command, rounds, trees };
  });
}

/** What steps failed of: types of errors, and what else may become of a step. The most frequent first. */
export async function listErrors(reader: SqlReader): Promise<readonly string[]> {
  const found = await readRows(
    reader,
    `SELECT coalesce(error_type, status::VARCHAR) AS name FROM node WHERE status <> 'ok'
     GROUP BY name ORDER BY count(*) DESC, name LIMIT 200`,
  );
  return found.map(([name]) => z.string().parse(name));
}

/** One page of trees. */
export async function listTrees(reader: SqlReader, filter: TreeFilter): Promise<TreePage> {
  const { where, parameters } = conditions(filter);
  const needsQ = filter.sort === "q" || filter.minQ !== undefined;
  const matching = `${TREES} ${needsQ ? bestQ("true") : ""} ${where}`;
  const [count] = await readRows(reader, `SELECT count(*) ${matching}`, parameters);
  const order = `${ORDER[filter.sort]} ${filter.descending === "" ? "ASC" : "DESC"} NULLS LAST`;
  const found = await readRows(
    reader,
    // Ids first: ordering a million rows with their questions would cost seconds.
    `WITH page AS (
       SELECT t.tree_id, row_number() OVER (ORDER BY ${order}, t.tree_id) AS place ${matching}
       ORDER BY place LIMIT $${parameters.length + 1} OFFSET $${parameters.length + 2})
     SELECT t.tree_id::VARCHAR, p.problem_id, p.level, r.name, t.round_no, t.seed, t.solved, t.n_nodes, t.n_rollouts,
       t.correct_terminals, t.wrong_terminals, t.first_correct_rollout, t.generated_tokens, b.best_q,
       left(p.question, ${MAX_QUESTION})
     FROM page JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) JOIN run r USING (run_no)
     ${bestQ("tree_id IN (SELECT tree_id FROM page)")} ORDER BY place`,
    [...parameters, filter.limit, filter.offset],
  );
  return { total: z.number().parse(count?.[0]), rows: found.map(treeRow) };
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

const TreeRowCells = z.tuple([
  z.string(),
  z.string(),
  z.number().nullable(),
  z.string(),
  z.number(),
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

function treeRow(row: readonly unknown[]): TreeRow {
  const cells = TreeRowCells.parse(row);
  const [tree, problem, level, run, round, seed, solved, nodes, rollouts, ...rest] = cells;
  const [right, wrong, firstCorrect, tokens, q, question] = rest;
  return {
    tree,
    problem,
    level,
    run,
    round,
    seed,
    solved,
    nodes,
    rollouts,
    right,
    wrong,
    firstCorrect,
    tokens,
    q,
    question,
  };
}
