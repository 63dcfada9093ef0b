/** Tells the state machine of rounds about the trees of a run: asks the store each time, so that a resumed process knows the same. */
import { z } from "zod";
import type { RoundTrees } from "../../rounds/mod.ts";
import { allRows, type QueryRows, type SqlReader } from "../../store/mod.ts";

/** Whose trees are looked at. */
export interface TreesOfRun {
  readonly store: SqlReader;
  readonly runNo: number;
}

const Counts = z.tuple([z.tuple([z.number(), z.number()])]);

/** Reads the results of the stored trees of a round. */
export async function treesOfRound(
  { store, runNo }: TreesOfRun,
  round: number,
): Promise<RoundTrees> {
  const parameters = [runNo, round];
  const counts = store.query(
    `SELECT count(*), count(*) FILTER (was_solved) FROM (
       SELECT bool_or(round_no < $2 AND solved) AS was_solved
       FROM tree WHERE run_no = $1 AND round_no <= $2 GROUP BY problem_no HAVING bool_or(round_no = $2))`,
    { parameters },
  );
  const [[problems, solvedBefore]] = Counts.parse(await allRows(counts));
  const solved = store.query(
    `SELECT DISTINCT problem_id FROM tree JOIN problem USING (problem_no)
     WHERE run_no = $1 AND round_no = $2 AND solved`,
    { parameters },
  );
  return { problems, solved: await idsOf(solved), solvedBefore };
}

/** Problems that are easy before a round (`RoundStages.easy`). What is left alone stays easy: its latest trees stay what they are. */
export async function easyProblems(
  { store, runNo }: TreesOfRun,
  round: number,
): Promise<ReadonlySet<string>> {
  return await idsOf(store.query(
    `SELECT problem_id FROM (
       SELECT problem_no, sum(correct_terminals) AS right_ones, sum(wrong_terminals) AS wrong_ones
       FROM tree WHERE run_no = $1 AND round_no < $2 GROUP BY problem_no, round_no
       QUALIFY round_no = max(round_no) OVER (PARTITION BY problem_no))
     JOIN problem USING (problem_no) WHERE right_ones > 0 AND wrong_ones = 0`,
    { parameters: [runNo, round] },
  ));
}

/** The first column, batch by batch: a round may have hundreds of thousands of problems. */
async function idsOf(query: Promise<QueryRows>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const batch of (await query).batches) for (const [id] of batch) ids.add(String(id));
  return ids;
}
