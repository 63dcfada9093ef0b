import { z } from "zod";
import { type Problem, UsageError } from "../core/mod.ts";
import { appendRows, type Columns } from "./_append.ts";
import type { Database } from "./_database.ts";

const Changed = z.object({ problem_id: z.string() });
const Numbers = z.tuple([z.array(z.number())]);

const GIVEN_COLUMNS: Columns<Problem> = [
  ["problem_id", (problem) => problem.id],
  ["source", (problem) => problem.source],
  ["question", (problem) => problem.question],
  ["answer", (problem) => problem.answer],
  ["level", (problem) => problem.level],
  ["meta", (problem) => JSON.stringify(problem.meta)],
];

/** Keeps problems and returns their numbers, in their order. */
export async function putProblems(
  database: Database,
  problems: readonly Problem[],
): Promise<readonly number[]> {
  checkUnique(problems);
  if (problems.length === 0) return [];
  return await database.transaction(async () => {
    await database.run(
      `CREATE OR REPLACE TEMP TABLE given_problem(
         problem_id VARCHAR, source VARCHAR, question VARCHAR, answer VARCHAR, level UTINYINT, meta JSON)`,
    );
    await appendRows(database, "given_problem", {
      columns: GIVEN_COLUMNS,
      rows: problems,
      catalog: "temp",
    });
    await refuseChanged(database);
    await database.run(
      `INSERT INTO problem
       SELECT (SELECT coalesce(max(problem_no), 0) FROM problem) + row_number() OVER (ORDER BY g.rowid), g.*
       FROM given_problem g ANTI JOIN problem USING (problem_id)`,
    );
    const [numbers] = Numbers.parse(
      await database.columns(
        "SELECT problem_no FROM given_problem g JOIN problem USING (problem_id) ORDER BY g.rowid",
      ),
    );
    await database.run("DROP TABLE given_problem");
    return numbers;
  });
}

function checkUnique(problems: readonly Problem[]): void {
  const seen = new Set<string>();
  for (const { id } of problems) {
    if (seen.has(id)) throw repeatedProblem(id);
    seen.add(id);
  }
}

/** Results are keyed by id: the same id must stay the same problem. */
async function refuseChanged(database: Database): Promise<void> {
  const [row] = await database.rows(
    `SELECT problem_id FROM problem s JOIN given_problem g USING (problem_id)
     WHERE s.question <> g.question OR s.answer <> g.answer ORDER BY problem_no LIMIT 1`,
  );
  if (row !== undefined) throw changedProblem(Changed.parse(row).problem_id);
}

/** The error of an id that stands for two different problems. */
export function changedProblem(id: string): UsageError {
  return new UsageError(
    `Cannot use problem "${id}": its question or answer differs from the one stored under the same id; ` +
      "give the changed problem another id, or use another database with --db",
  );
}

/** The error of an id that one call names twice. */
export function repeatedProblem(id: string): UsageError {
  return new UsageError(`Cannot use problem "${id}": the id occurs twice`);
}
