import { z } from "zod";
import { type Problem, UsageError } from "../core/mod.ts";
import type { Database } from "./_database.ts";

/** Rows of one bound JSON parameter: far fewer statements than one insert each. */
const BATCH = 5_000;

const Numbered = z.object({ problem_no: z.number(), problem_id: z.string() });
const Changed = z.object({ problem_id: z.string() });

const GIVEN =
  `(SELECT unnest(from_json($1::JSON, '[{"id":"VARCHAR","source":"VARCHAR","question":"VARCHAR",` +
  `"answer":"VARCHAR","level":"UTINYINT","meta":"JSON"}]'), recursive := false) AS p)`;

/** Keeps problems and returns the number of each id. */
export async function putProblems(
  database: Database,
  problems: readonly Problem[],
): Promise<ReadonlyMap<string, number>> {
  checkUnique(problems);
  const numbers = new Map<string, number>();
  await database.transaction(async () => {
    for (let from = 0; from < problems.length; from += BATCH) {
      const json = [JSON.stringify(problems.slice(from, from + BATCH))];
      await refuseChanged(database, json);
      await database.run(
        `INSERT INTO problem SELECT (SELECT coalesce(max(problem_no), 0) FROM problem) + row_number() OVER (),
           p.id, p.source, p.question, p.answer, p.level, p.meta
         FROM ${GIVEN} WHERE p.id NOT IN (SELECT problem_id FROM problem)`,
        json,
      );
      const rows = await database.rows(
        `SELECT problem_no::INTEGER AS problem_no, problem_id FROM problem
         WHERE problem_id IN (SELECT p.id FROM ${GIVEN})`,
        json,
      );
      for (const row of rows.map((r) => Numbered.parse(r))) {
        numbers.set(row.problem_id, row.problem_no);
      }
    }
  });
  return numbers;
}

function checkUnique(problems: readonly Problem[]): void {
  const seen = new Set<string>();
  for (const { id } of problems) {
    if (seen.has(id)) throw repeatedProblem(id);
    seen.add(id);
  }
}

/** Results are keyed by id: the same id must stay the same problem. */
async function refuseChanged(database: Database, json: readonly string[]): Promise<void> {
  const [row] = await database.rows(
    `SELECT s.problem_id FROM problem s JOIN ${GIVEN} ON s.problem_id = p.id
     WHERE s.question <> p.question OR s.answer <> p.answer ORDER BY s.problem_no LIMIT 1`,
    json,
  );
  if (row === undefined) return;
  throw changedProblem(Changed.parse(row).problem_id);
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
