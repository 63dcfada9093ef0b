/**
 * The statement of a page of trees. A page is found by the tree before or behind it, not by counting rows off: trees that are stored
 * meanwhile shift nothing. Keys and ids alone are ordered; questions are read for the rows of the page.
 */
import type { Sort } from "./api.ts";
import type { TreeFilter } from "./tree_filter.ts";

/** Longest beginning of a question in the list, in characters. */
const MAX_QUESTION = 160;

/** Columns by which the list can be ordered. */
const KEYS: Readonly<Record<Sort, string>> = {
  problem: "t.problem_no",
  level: "p.level",
  solved: "t.solved",
  nodes: "t.n_nodes",
  rollouts: "t.n_rollouts",
  tokens: "t.generated_tokens",
  q: "b.best_q",
};

const PROBLEM = "JOIN problem p USING (problem_no)";

/** A statement and its parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly (string | number | boolean)[];
}

/** Where a page lies: after a tree, or before it; `null` is the first page. */
interface Cursor {
  readonly tree: string;
  readonly isBackward: boolean;
}

function cursorOf({ after, before }: TreeFilter): Cursor | null {
  if (after !== undefined) return { tree: after, isBackward: false };
  return before === undefined ? null : { tree: before, isBackward: true };
}

/**
 * The statement of a page. Every row begins with the number of trees that match and the number of those before the page, which is
 * `null` when the cursor's tree does not match; the rest is `null` in the one row of an empty page.
 */
export function pageStatement(filter: TreeFilter): Statement {
  const { from, where, parameters } = matching(filter);
  const value = (one: string | number) => `$${parameters.push(one)}`;
  const cursor = cursorOf(filter);
  const isDown = filter.descending !== "";
  const isBackward = cursor?.isBackward === true;
  const order = isBackward
    ? `key ${isDown ? "ASC" : "DESC"} NULLS FIRST, tree_id DESC`
    : `key ${isDown ? "DESC" : "ASC"} NULLS LAST, tree_id`;
  const marked = cursor === null
    ? "SELECT tree_id, key, true AS is_later FROM matching"
    : `SELECT m.tree_id, m.key, ${isLater(isDown, isBackward)} AS is_later
       FROM matching m, (SELECT key, tree_id FROM matching WHERE tree_id = ${
      value(cursor.tree)
    }::UBIGINT) c`;
  const earlier = isBackward
    ? "count(*) FILTER (NOT is_later) - (SELECT count(*) FROM page)"
    : "count(*) FILTER (NOT is_later)";
  const before = cursor === null
    ? "0"
    : `(SELECT CASE WHEN count(*) > 0 THEN ${earlier} END FROM marked)`;
  return {
    sql: `WITH matching AS MATERIALIZED (SELECT t.tree_id, ${
      KEYS[filter.sort]
    } AS key ${from} ${where}),
      marked AS (${marked}),
      page AS (SELECT tree_id, key FROM marked WHERE is_later <> ${isBackward}
        ORDER BY ${order} LIMIT ${value(filter.limit)}),
      shown AS (
        SELECT t.tree_id::VARCHAR, p.problem_id, p.level, r.name, t.round_no, t.seed, t.solved, t.n_nodes, t.n_rollouts,
          t.correct_terminals, t.wrong_terminals, t.first_correct_rollout, t.generated_tokens, b.best_q,
          left(p.question, ${MAX_QUESTION}), row_number() OVER (ORDER BY ${order}) AS place
        FROM page JOIN tree t USING (tree_id) ${PROBLEM} JOIN run r USING (run_no)
        ${bestQ("tree_id IN (SELECT tree_id FROM page)")})
      SELECT (SELECT count(*) FROM matching), ${before}, shown.*
      FROM (SELECT 1) LEFT JOIN shown ON true ORDER BY place ${isBackward ? "DESC" : "ASC"}`,
    parameters,
  };
}

/** Whether `m` comes after the cursor `c`; going backward, the cursor's own tree does, too. */
function isLater(isDown: boolean, isBackward: boolean): string {
  return `(coalesce(m.key ${
    isDown ? "<" : ">"
  } c.key, false) OR (m.key IS NULL AND c.key IS NOT NULL)
    OR (m.key IS NOT DISTINCT FROM c.key AND m.tree_id ${isBackward ? ">=" : ">"} c.tree_id))`;
}

/** Joins the best mean Q of the finished trajectories of every tree that meets the condition. */
function bestQ(condition: string): string {
  return `LEFT JOIN (SELECT tree_id, max(path_q) AS best_q FROM node
    WHERE kind = 'answer' AND status = 'ok' AND ${condition} GROUP BY tree_id) b ON b.tree_id = t.tree_id`;
}

/** Where the trees that match come from. Tables that neither filter nor order needs are left out: a million rows are joined in vain. */
function matching(filter: TreeFilter) {
  const parts: string[] = [];
  const parameters: (string | number | boolean)[] = [];
  const add = (condition: (place: string) => string, value: string | number | boolean) =>
    parts.push(condition(`$${parameters.push(value)}`));
  if (filter.run !== "") {
    add((at) => `t.run_no = (SELECT run_no FROM run WHERE name = ${at})`, filter.run);
  }
  if (filter.round !== undefined) add((at) => `t.round_no = ${at}`, filter.round);
  if (filter.solved !== "") add((at) => `t.solved = ${at}`, filter.solved === "yes");
  if (filter.level !== undefined) add((at) => `p.level = ${at}`, filter.level);
  if (filter.minVisits !== undefined) add((at) => `t.n_rollouts >= ${at}`, filter.minVisits);
  if (filter.minQ !== undefined) add((at) => `b.best_q >= ${at}`, filter.minQ);
  if (filter.text !== "") add(textCondition, filter.text);
  if (filter.error !== "") add(errorCondition, filter.error);
  const needsProblem = filter.sort === "level" || filter.level !== undefined || filter.text !== "";
  const needsQ = filter.sort === "q" || filter.minQ !== undefined;
  return {
    from: `FROM tree t ${needsProblem ? PROBLEM : ""} ${needsQ ? bestQ("true") : ""}`,
    where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`,
    parameters,
  };
}

function textCondition(at: string): string {
  return `(contains(lower(p.question), lower(${at})) OR contains(lower(p.problem_id), lower(${at})))`;
}

function errorCondition(at: string): string {
  return `t.tree_id IN (SELECT tree_id FROM node WHERE error_type = ${at} OR status = try_cast(${at} AS node_status))`;
}
