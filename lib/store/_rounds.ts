import { z } from "zod";
import { canonicalJson } from "../core/mod.ts";
import type { RoundInfo } from "./artifact_store.ts";
import type { Database } from "./_database.ts";
import { JsonColumn } from "./_json_column.ts";

const RoundRow = z.object({
  run_no: z.number(),
  round_no: z.number(),
  policy: z.string().nullable(),
  ppm: z.string().nullable(),
  params: JsonColumn,
  state: z.string(),
});

/** Keeps the state of a round, in place of an earlier one. */
export async function putRound(database: Database, round: RoundInfo): Promise<void> {
  await database.run(
    `INSERT OR REPLACE INTO round(run_no, round_no, policy, ppm, params, state, changed_at)
     VALUES ($1, $2, $3, $4, $5::JSON, $6, now()::TIMESTAMP)`,
    [
      round.runNo,
      round.roundNo,
      round.policy,
      round.ppm,
      canonicalJson(round.params),
      round.state,
    ],
  );
}

/** Rounds of a run, ascending. */
export async function listRounds(
  database: Database,
  runNo: number,
): Promise<readonly RoundInfo[]> {
  const rows = await database.rows(
    `SELECT run_no, round_no, policy, ppm, params::VARCHAR AS params, state FROM round
     WHERE run_no = $1 ORDER BY round_no`,
    [runNo],
  );
  return rows.map((row) => RoundRow.parse(row)).map((row) => ({
    runNo: row.run_no,
    roundNo: row.round_no,
    policy: row.policy,
    ppm: row.ppm,
    params: row.params,
    state: row.state,
  }));
}
