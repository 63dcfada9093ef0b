/** What the trees of a run say to the state machine of its rounds: asked from the store each time, so that a resumed process knows the same. */
import { z } from "zod";
import type { RoundTrees } from "../../rounds/mod.ts";
import { allRows, type QueryRows, type SqlReader } from "../../store/mod.ts";

/** Whose trees are looked at. */
export interface TreesOfRun {
  readonly store: SqlReader;
  readonly runNo: number;
}

const Count = z.tuple([z.tuple([z.number()])]);

/** What the stored trees of a round came to. */
export async function treesOfRound(
  { store, runNo }: TreesOfRun,
  round: number,
): Promise<RoundTrees> {
  const ofRound = "FROM tree JOIN problem USING (problem_no) WHERE run_no = $1 AND round_no = $2";
  const parameters = [runNo, round];
  const searched = store.query(`SELECT count(DISTINCT problem_no) ${ofRound}`, { parameters });
  const problems = Count.parse(await allRows(searched))[0][0];
  const solved = store.query(`SELECT DISTINCT problem_id ${ofRound} AND solved`, { parameters });
  return { problems, solved: await idsOf(solved) };
}

/** The first column, batch by batch: a round may have hundreds of thousands of problems. */
async function idsOf(query: Promise<QueryRows>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const batch of (await query).batches) for (const [id] of batch) ids.add(String(id));
  return ids;
}
