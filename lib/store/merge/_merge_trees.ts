import type { Database } from "../_database.ts";
import { copiedColumns, countRows, PART } from "./_columns.ts";

/** Id of a tree of the part by its numbers in the merged database: `m` numbers runs, `p` problems (tree_id.ts has the layout). */
function newTreeId(old: string): string {
  return `(m.new_no::UBIGINT << 40) | (${old} & (15::UBIGINT << 36)) | (p.new_no::UBIGINT << 12) | (${old} & 4095::UBIGINT)`;
}

/** Counts of the trees of a part. */
export interface MergedTrees {
  /** Trees that were not there. */
  readonly trees: number;
  readonly nodes: number;
  /** Trees that were there already, and stay as they are. */
  readonly overlap: number;
}

/** Brings the trees that are not there, with their nodes and rollouts; leaves the table `merge_tree` (old and new id, what is there). */
export async function mergeTrees(database: Database): Promise<MergedTrees> {
  await database.run(
    `CREATE TEMP TABLE merge_tree AS
     SELECT t.tree_id AS old_id, ${newTreeId("t.tree_id")} AS new_id, s.tree_id IS NULL AS is_fresh,
       s.tree_id IS NULL OR (s.finished_at = t.finished_at AND s.n_nodes = t.n_nodes) AS is_same
     FROM ${PART}.tree t JOIN merge_run m ON m.old_no = t.run_no JOIN merge_problem p ON p.old_no = t.problem_no
       LEFT JOIN tree s ON s.tree_id = ${newTreeId("t.tree_id")}`,
  );
  const fresh = "JOIN merge_tree f ON f.old_id = t.tree_id AND f.is_fresh";
  for (const table of ["node", "rollout"]) {
    const { names, values } = await copiedColumns(database, table, { tree_id: "f.new_id" });
    await database.run(
      `INSERT INTO ${table}(${names}) SELECT ${values} FROM ${PART}.${table} t ${fresh}`,
    );
  }
  const { names, values } = await copiedColumns(database, "tree", {
    tree_id: "f.new_id",
    run_no: "m.new_no",
    problem_no: "p.new_no",
  });
  await database.run(
    `INSERT INTO tree(${names}) SELECT ${values} FROM ${PART}.tree t ${fresh}
       JOIN merge_run m ON m.old_no = t.run_no JOIN merge_problem p ON p.old_no = t.problem_no`,
  );
  const count = (where: string) => countRows(database, `SELECT 1 FROM merge_tree WHERE ${where}`);
  return {
    trees: await count("is_fresh"),
    overlap: await count("NOT is_fresh"),
    nodes: await countRows(database, `SELECT 1 FROM ${PART}.node t ${fresh}`),
  };
}

/** Brings the failed attempts at trees; returns how many were new. */
export async function mergeAttempts(database: Database): Promise<number> {
  const { names, values } = await copiedColumns(database, "attempt", {
    tree_id: newTreeId("t.tree_id"),
  });
  await database.run(
    `CREATE TEMP TABLE merge_attempt AS SELECT ${names} FROM (
       SELECT ${values} FROM ${PART}.attempt t JOIN merge_run m ON m.old_no = t.tree_id >> 40
         JOIN merge_problem p ON p.old_no = (t.tree_id >> 12) & 16777215::UBIGINT) AS given(${names})
     ANTI JOIN attempt USING (${names})`,
  );
  await database.run(`INSERT INTO attempt(${names}) FROM merge_attempt`);
  return await countRows(database, "FROM merge_attempt");
}

/** Brings scores of later PPMs, of trees that are the same in both. */
export async function mergeNodeScores(database: Database): Promise<void> {
  const { names, values } = await copiedColumns(database, "node_score", {
    tree_id: "f.new_id",
    scorer: "a.new_id",
  });
  await database.run(
    `INSERT INTO node_score(${names}) SELECT ${names} FROM (
       SELECT ${values} FROM ${PART}.node_score t JOIN merge_tree f ON f.old_id = t.tree_id AND f.is_same
         JOIN merge_artifact a ON a.old_id = t.scorer) AS given(${names})
     ANTI JOIN node_score USING (tree_id, node_id, scorer)`,
  );
}
