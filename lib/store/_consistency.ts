import { z } from "zod";
import type { Database } from "./_database.ts";

const Count = z.object({ n: z.union([z.number(), z.bigint()]).transform(Number) });

/** Trees whose nodes are not all there, and nodes without a tree (docs/architecture.md, "store"). */
const TORN = `SELECT tree_id FROM (SELECT tree_id, t.n_nodes, count(n.node_id) AS k
  FROM tree t FULL JOIN node n USING (tree_id) GROUP BY ALL) WHERE n_nodes IS NULL OR k <> n_nodes`;

/** Rows that mean nothing without a row of another table: table, column, the other table, its column. */
const REFERENCES = [
  ["tree", "run_no", "run", "run_no"],
  ["tree", "problem_no", "problem", "problem_no"],
  ["rollout", "tree_id", "tree", "tree_id"],
  ["node_score", "tree_id", "tree", "tree_id"],
  ["session", "run_no", "run", "run_no"],
  ["round", "run_no", "run", "run_no"],
  ["load_sample", "run_no", "run", "run_no"],
  ["evaluation", "run_no", "run", "run_no"],
  ["eval_sample", "eval_id", "evaluation", "eval_id"],
  ["eval_sample", "problem_no", "problem", "problem_no"],
  ["verdict", "eval_id", "evaluation", "eval_id"],
  ["artifact", "run_no", "run", "run_no"],
  ["artifact_parent", "artifact_id", "artifact", "artifact_id"],
  ["artifact_parent", "parent_id", "artifact", "artifact_id"],
  ["metric", "artifact_id", "artifact", "artifact_id"],
] as const;

/** Counts torn trees; anything but 0 is a bug. */
export function countTorn(database: Database): Promise<number> {
  return count(database, TORN);
}

/** Counts torn trees, and rows without the row that they belong to. */
export async function countFaults(database: Database): Promise<number> {
  let faults = await countTorn(database);
  for (const [table, column, other, key] of REFERENCES) {
    faults += await count(
      database,
      `SELECT a.${column} FROM ${table} a ANTI JOIN ${other} b ON a.${column} = b.${key} WHERE a.${column} IS NOT NULL`,
    );
  }
  return faults;
}

async function count(database: Database, sql: string): Promise<number> {
  const [row] = await database.rows(`SELECT count(*) AS n FROM (${sql})`);
  return Count.parse(row).n;
}
