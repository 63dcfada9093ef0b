/** Figures of trees, by problem. */
import { z } from "zod";
import type { TreeSource } from "../export/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";

const Tokens = z.tuple([z.string(), z.coerce.number()]);

/** Tokens that the policy generated, discarded candidates included. A prompt that a server remembers costs next to nothing. */
export async function tokensByProblem(
  reader: SqlReader,
  source: TreeSource,
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsOf(reader, source, "sum(generated_tokens)::UBIGINT");
  return new Map(rows.map((row) => Tokens.parse(row)));
}

const Solved = z.tuple([z.string(), z.boolean()]);

/** Problems with a right answer in at least one tree, of one seed or of all. */
export async function solvedProblems(
  reader: SqlReader,
  source: TreeSource,
  { seed }: { readonly seed?: number } = {},
): Promise<ReadonlySet<string>> {
  const ofSeed = seed === undefined ? "true" : `seed = ${Math.trunc(seed)}`;
  const rows = await rowsOf(reader, source, `bool_or(solved AND ${ofSeed})`);
  return new Set(
    rows.map((row) => Solved.parse(row)).filter(([, isSolved]) => isSolved).map(([id]) => id),
  );
}

/** @param value Aggregate of our own over the trees of a problem. */
async function rowsOf(
  reader: SqlReader,
  { runNo, rounds }: TreeSource,
  value: string,
) {
  const { batches } = await reader.query(
    `SELECT problem_id, ${value} FROM tree JOIN problem USING (problem_no)
     WHERE run_no = $1 AND list_contains(${listText(rounds)}, round_no) GROUP BY ALL ORDER BY 1`,
    { parameters: [runNo] },
  );
  return (await Array.fromAsync(batches)).flat();
}

/** Rounds are small numbers of our own; a list cannot be bound. */
function listText(rounds: readonly number[]): string {
  return `[${rounds.map((round) => Math.trunc(round)).join(", ")}]`;
}
