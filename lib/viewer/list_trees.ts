import { z } from "zod";
import type { SqlReader } from "../store/mod.ts";
import { pageStatement } from "./_page_statement.ts";
import { readRows } from "./_rows.ts";
import type { RunRow, TreePage, TreeRow } from "./api.ts";
import type { TreeFilter } from "./tree_filter.ts";

/** Trees with their problems and runs. */
export const TREES = "FROM tree t JOIN problem p USING (problem_no) JOIN run r USING (run_no)";

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

/** Lists why steps failed: types of errors, or the status of a step without one. The most frequent first, 200 at most. */
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
  const { sql, parameters } = pageStatement(filter);
  const found = await readRows(reader, sql, parameters);
  const { total, first } = Place.parse(found[0]);
  // The tree that the page was to follow, or to end before, is gone.
  if (first === null) {
    return await listTrees(reader, { ...filter, after: undefined, before: undefined });
  }
  return { total, first, rows: found.filter(([, , tree]) => tree !== null).map(treeRow) };
}

const Place = z.tuple([z.number(), z.number().nullable()], z.unknown())
  .transform(([total, first]) => ({ total, first }));

const TreeRowCells = z.tuple([
  z.number(),
  z.number(),
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
  z.number(),
]);

function treeRow(row: readonly unknown[]): TreeRow {
  const cells = TreeRowCells.parse(row);
  const [, , tree, problem, level, run, round, seed, solved, nodes, rollouts, ...rest] = cells;
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
