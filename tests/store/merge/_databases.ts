/** Small databases for tests of merging, and everything that one holds, by names instead of numbers. */
import { openReadOnly, openStore } from "../../../lib/store/mod.ts";
import { testEvaluation, testSample, testVerdict } from "../../conformance/store_evaluations.ts";
import { testProblem, testRun, testTree } from "../../conformance/store.ts";

/** Content of a database: numbers of problems, some of them with trees, samples and replies. */
export interface Contents {
  /** Value of a setting of the run's specification. */
  readonly policy?: string;
  /** Problem and seed of each tree. */
  readonly trees: readonly (readonly [problem: number, seed: number])[];
  /** Problems that were measured. */
  readonly samples?: readonly number[];
  /** Keys of recorded replies. */
  readonly replies?: readonly string[];
}

/** Makes a database, or adds to one. What is stored of a problem and seed is always the same. */
export async function fillDatabase(path: string, contents: Contents): Promise<void> {
  const { policy = "m", trees, samples = [], replies = [] } = contents;
  await using store = await openStore(path);
  const numbers = [...new Set([...trees.map(([problem]) => problem), ...samples])];
  await store.putProblems(numbers.map((number) => testProblem(number)));
  const { runNo } = await store.openRun(testRun({ spec: { policy } }));
  for (const [problem, seed] of trees) {
    const tree = testTree(`test/${problem}`, seed, (problem + seed) % 2 === 0);
    await store.writeTree({ runNo, roundNo: 0 }, tree);
  }
  for (const key of replies) await store.putReply({ requestHash: key, sample: 0 }, `body ${key}`);
  if (samples.length === 0) return;
  const { evalId } = await store.openEvaluation(testEvaluation());
  await store.writeSamples(
    evalId,
    samples.map((number) => testSample(number)),
    samples.map((number) => testVerdict(number)),
  );
  await store.setEvaluationState(evalId, "complete");
}

/** Queries that show everything that does not depend on when, in which order and by whom it was stored. */
const SHOWN = [
  "SELECT name, requested_name, command, spec::VARCHAR FROM run",
  "SELECT problem_id, source, question, answer, level, meta::VARCHAR FROM problem",
  `SELECT r.name, p.problem_id, t.round_no, t.seed, t.solved, t.n_nodes, t.wall_ms, n.* EXCLUDE (tree_id),
     t.tree_id = (t.run_no::UBIGINT << 40) + (t.round_no::UBIGINT << 36) + (t.problem_no::UBIGINT << 12) + t.seed AS id_is_right
   FROM node n JOIN tree t USING (tree_id) JOIN run r USING (run_no) JOIN problem p USING (problem_no)`,
  `SELECT p.problem_id, t.seed, o.* EXCLUDE (tree_id) FROM rollout o JOIN tree t USING (tree_id) JOIN problem p USING (problem_no)`,
  `SELECT p.problem_id, a.tree_id & 4095, a.boundary, a.error FROM attempt a
     JOIN problem p ON p.problem_no = (a.tree_id >> 12) & 16777215`,
  "SELECT suite, mode, spec::VARCHAR, state FROM evaluation",
  "SELECT p.problem_id, s.* EXCLUDE (eval_id, problem_no) FROM eval_sample s JOIN problem p USING (problem_no)",
  "SELECT p.problem_id, v.* EXCLUDE (eval_id, problem_no) FROM verdict v JOIN problem p USING (problem_no)",
  "SELECT reply_key, body FROM reply",
];

/** Everything that a database holds. */
export async function contentsOf(path: string): Promise<unknown> {
  using database = await openReadOnly(path);
  const shown = [];
  for (const sql of SHOWN) {
    const { batches } = await database.query(`SELECT * FROM (${sql}) ORDER BY ALL`);
    shown.push((await Array.fromAsync(batches)).flat());
  }
  return shown;
}
