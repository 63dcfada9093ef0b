import { z } from "zod";
import { Problem } from "../core/mod.ts";
import { allRows, type SqlReader } from "../store/mod.ts";

const ProblemRow = z.tuple([
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.number().nullable(),
  z.string(),
]);

/**
 * Stored problems, in the order in which they were stored.
 *
 * @param condition SQL of our own over the table `problem`.
 */
export async function storedProblems(
  reader: SqlReader,
  condition: string,
  parameters: readonly number[],
): Promise<readonly Problem[]> {
  const rows = await allRows(reader.query(
    `SELECT problem_id, source, question, answer, level, meta::VARCHAR FROM problem WHERE ${condition} ORDER BY problem_no`,
    { parameters },
  ));
  return rows.map((row) => {
    const [id, source, question, answer, level, meta] = ProblemRow.parse(row);
    return Problem.parse({ id, source, question, answer, level, meta: JSON.parse(meta) });
  });
}
