import { z } from "zod";
import { StoreError, UsageError } from "../../core/mod.ts";
import type { Database } from "../_database.ts";
import { copiedColumns, countRows, PART } from "./_columns.ts";

/** Twenty-four bits of a tree's id. */
const MAX_PROBLEM = 2 ** 24 - 1;

const Changed = z.object({
  problem_id: z.string(),
  what: z.string(),
  ours: z.string(),
  theirs: z.string(),
});

/**
 * Brings the problems of the part; leaves the table `merge_problem` (old and new number).
 *
 * @returns How many were new.
 * @throws {UsageError} If the same id is another problem there.
 * @throws {StoreError} If there would be too many.
 */
export async function mergeProblems(
  database: Database,
  names: { readonly part: string; readonly to: string },
): Promise<number> {
  await refuseChanged(database, names);
  const isNew = `FROM ${PART}.problem t ANTI JOIN problem USING (problem_id)`;
  const added = await countRows(database, `SELECT 1 ${isNew}`);
  const { names: columns, values } = await copiedColumns(database, "problem", {
    problem_no:
      "(SELECT coalesce(max(problem_no), 0) FROM problem) + row_number() OVER (ORDER BY t.problem_no)",
  });
  await database.run(`INSERT INTO problem(${columns}) SELECT ${values} ${isNew}`);
  const tooMany = await countRows(
    database,
    `SELECT 1 FROM problem WHERE problem_no > ${MAX_PROBLEM}`,
  );
  if (tooMany > 0) {
    throw new StoreError(
      `Cannot merge "${names.part}" into "${names.to}": there would be more than ${MAX_PROBLEM} problems; use another file`,
    );
  }
  await database.run(
    `CREATE TEMP TABLE merge_problem AS SELECT t.problem_no AS old_no, s.problem_no AS new_no
     FROM ${PART}.problem t JOIN problem s USING (problem_id)`,
  );
  return added;
}

async function refuseChanged(
  database: Database,
  { part, to }: { readonly part: string; readonly to: string },
): Promise<void> {
  const [row] = await database.rows(
    `SELECT problem_id, CASE WHEN s.question <> t.question THEN 'question' ELSE 'answer' END AS what,
       CASE WHEN s.question <> t.question THEN s.question ELSE s.answer END AS ours,
       CASE WHEN s.question <> t.question THEN t.question ELSE t.answer END AS theirs
     FROM ${PART}.problem t JOIN problem s USING (problem_id)
     WHERE s.question <> t.question OR s.answer <> t.answer ORDER BY problem_id LIMIT 1`,
  );
  if (row === undefined) return;
  const { problem_id: id, what, ours, theirs } = Changed.parse(row);
  const short = (text: string) =>
    JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}...` : text);
  throw new UsageError(
    `Cannot merge "${part}" into "${to}": problem "${id}" has another ${what} there, ${
      short(theirs)
    } instead of ${
      short(ours)
    }; the two come from different problem sets: merge them into different files`,
  );
}
