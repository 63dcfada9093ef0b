import type { Database } from "../_database.ts";
import { copiedColumns, countRows, PART } from "./_columns.ts";

/** Counts of the evaluations of a part. */
export interface MergedEvaluations {
  readonly evaluations: number;
  readonly samples: number;
}

/**
 * Brings evaluations, samples and verdicts. Those of the same suite, mode, models, problems and seed become one, the first with the first;
 * a sample that is there stays, unless the machinery had failed it.
 */
export async function mergeEvaluations(database: Database): Promise<MergedEvaluations> {
  const evaluations = await mergeHeads(database);
  await database.run(
    `CREATE TEMP TABLE merge_sample AS
     SELECT e.old_id, p.old_no, e.new_id AS eval_id, p.new_no AS problem_no, t.sample,
       s.outcome IS NULL OR (s.outcome = 'infrastructure' AND t.outcome <> 'infrastructure') AS is_fresh,
       (s.answer, s.outcome, s.wall_ms) IS NOT DISTINCT FROM (t.answer, t.outcome, t.wall_ms) AS is_same
     FROM ${PART}.eval_sample t JOIN merge_evaluation e ON e.old_id = t.eval_id
       JOIN merge_problem p ON p.old_no = t.problem_no
       LEFT JOIN eval_sample s ON s.eval_id = e.new_id AND s.problem_no = p.new_no AND s.sample = t.sample`,
  );
  await mergeSamples(database);
  await mergeVerdicts(database);
  return {
    evaluations,
    samples: await countRows(database, "SELECT 1 FROM merge_sample WHERE is_fresh"),
  };
}

async function mergeHeads(database: Database): Promise<number> {
  const key = ["suite", "mode", "spec_hash", "run_no", "round_no"];
  const place = (id: string) =>
    `row_number() OVER (PARTITION BY ${key.join(", ")} ORDER BY ${id}) AS place`;
  const same = [...key, "place"].map((column) => `s.${column} IS NOT DISTINCT FROM t.${column}`);
  await database.run(
    `CREATE TEMP TABLE merge_evaluation AS
     SELECT t.eval_id AS old_id, s.eval_id IS NULL AS is_fresh, coalesce(s.eval_id,
       (SELECT coalesce(max(eval_id), 0) FROM evaluation)
         + row_number() OVER (PARTITION BY s.eval_id IS NULL ORDER BY t.eval_id)) AS new_id
     FROM (SELECT *, ${place("eval_id")} FROM (
       SELECT e.* REPLACE (m.new_no AS run_no) FROM ${PART}.evaluation e LEFT JOIN merge_run m ON m.old_no = e.run_no)) t
     LEFT JOIN (SELECT *, ${place("eval_id")} FROM evaluation) s ON ${same.join(" AND ")}`,
  );
  const { names, values } = await copiedColumns(database, "evaluation", {
    eval_id: "f.new_id",
    run_no: "m.new_no",
    policy: "policy.new_id",
    ppm: "ppm.new_id",
    // No process is at it any more.
    state: "CASE WHEN t.state = 'running' THEN 'incomplete' ELSE t.state END",
  });
  const theirs = `FROM ${PART}.evaluation t JOIN merge_evaluation f ON f.old_id = t.eval_id`;
  await database.run(
    `UPDATE evaluation SET state = 'incomplete' WHERE state = 'complete' AND eval_id IN (
       SELECT f.new_id ${theirs} WHERE NOT f.is_fresh AND t.state <> 'complete')`,
  );
  await database.run(
    `INSERT INTO evaluation(${names}) SELECT ${values} ${theirs} AND f.is_fresh
       LEFT JOIN merge_run m ON m.old_no = t.run_no
       LEFT JOIN merge_artifact policy ON policy.old_id = t.policy
       LEFT JOIN merge_artifact ppm ON ppm.old_id = t.ppm ORDER BY f.new_id`,
  );
  return await countRows(database, "SELECT 1 FROM merge_evaluation WHERE is_fresh");
}

const FRESH =
  "(eval_id, problem_no, sample) IN (SELECT eval_id, problem_no, sample FROM merge_sample WHERE is_fresh)";

/** Rows of the part that belong to samples of which `condition` holds. */
function ofSamples(table: string, condition: string): string {
  return `FROM ${PART}.${table} t JOIN merge_sample f
    ON f.old_id = t.eval_id AND f.old_no = t.problem_no AND f.sample = t.sample AND ${condition}`;
}

async function mergeSamples(database: Database): Promise<void> {
  await database.run(`DELETE FROM eval_sample WHERE ${FRESH}`);
  await database.run(`DELETE FROM verdict WHERE ${FRESH}`);
  const { names, values } = await copiedColumns(database, "eval_sample", {
    eval_id: "f.eval_id",
    problem_no: "f.problem_no",
  });
  await database.run(
    `INSERT INTO eval_sample(${names}) SELECT ${values} ${ofSamples("eval_sample", "f.is_fresh")}`,
  );
}

async function mergeVerdicts(database: Database): Promise<void> {
  const { names, values } = await copiedColumns(database, "verdict", {
    eval_id: "f.eval_id",
    problem_no: "f.problem_no",
  });
  // Of a sample that is there already, graders are told that had said nothing.
  await database.run(
    `INSERT INTO verdict(${names}) SELECT ${values} ${
      ofSamples("verdict", "(f.is_fresh OR f.is_same)")
    }
     WHERE NOT EXISTS (SELECT 1 FROM verdict s WHERE s.eval_id = f.eval_id AND s.problem_no = f.problem_no
       AND s.sample = f.sample AND s.grader = t.grader) ORDER BY t.rowid`,
  );
  // Votes say which answers of a problem are equal: where samples of two databases meet they are counted anew, by the next eval.
  await database.run(
    `UPDATE verdict SET vote = NULL WHERE (eval_id, problem_no) IN (
       SELECT eval_id, problem_no FROM eval_sample LEFT JOIN merge_sample f USING (eval_id, problem_no, sample)
       GROUP BY ALL HAVING bool_or(coalesce(f.is_fresh, false)) AND NOT bool_and(coalesce(f.is_fresh, false)))`,
  );
}
