/** A database of very many small trees, made by the database itself: writing a million trees one by one would take an hour. */
import { DuckDBInstance } from "@duckdb/node-api";
import { openStore } from "../../lib/store/mod.ts";
import { testRun } from "../../tests/conformance/store.ts";

/** A tree of three nodes: root, step, answer. Half of them are solved; every fifth step failed with a ValueError. */
const STATEMENTS = [
  `INSERT INTO problem SELECT i, 'many/' || i, 'many',
     'A question of some length about ' || i || ' apples, ' || i % 97 || ' pears and what is left of them in the end', i, i % 5, '{}'
   FROM range(1, $1 + 1) t(i)`,
  `CREATE TEMP TABLE grown AS
     SELECT i, (1::UBIGINT << 40) | (i::UBIGINT << 12) AS tree_id, i % 2 = 0 AS solved, sin(i) AS q FROM range(1, $1 + 1) t(i)`,
  `INSERT INTO tree SELECT tree_id, 1, 0, i, 0, 3, 1, solved, solved::INTEGER, (NOT solved)::INTEGER, CASE WHEN solved THEN 1 END,
     'budget', 2, 100, 20 + i % 50, 0, 0, 1, 0, 1, 0, 0.1, NULL, 1000, TIMESTAMP '2026-01-01' FROM grown`,
  `INSERT INTO node BY NAME SELECT tree_id, n AS node_id, CASE WHEN n > 0 THEN n - 1 END AS parent_id, n AS depth,
     ['root', 'step', 'answer'][n + 1]::node_kind AS kind,
     CASE WHEN n = 1 AND i % 5 = 0 THEN 'code_error' ELSE 'ok' END::node_status AS status,
     CASE WHEN n = 1 AND i % 5 = 0 THEN 'ValueError' END AS error_type, 'a step of a tree' AS step_text, 1 AS visits, q AS value_sum,
     q AS q_value, q AS path_q, 1 AS multiplicity, n AS draw_index, n = 2 AS terminal, false AS closed,
     CASE WHEN n = 2 THEN solved END AS correct, 10 AS generated_tokens, solved::INTEGER AS right_answers,
     (NOT solved)::INTEGER AS wrong_answers
   FROM grown CROSS JOIN range(3) t(n)`,
];

/** Fills a new file with so many problems, each with one tree. */
export async function generateManyTrees(path: string, count: number): Promise<void> {
  {
    await using store = await openStore(path);
    await store.openRun(testRun());
  }
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    for (const sql of STATEMENTS) {
      await connection.run(sql, sql.includes("$1") ? [count] : []);
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
