import { z } from "zod";
import { canonicalJson, type Json } from "../core/mod.ts";
import { chooseRun } from "./_choose_run.ts";
import type { Database } from "./_database.ts";
import type { OpenedRun, OpenRunRequest, RunInfo } from "./store.ts";

const RunRow = z.object({
  run_no: z.number(),
  name: z.string(),
  requested_name: z.string(),
  command: z.string(),
  spec: z.string(),
  spec_hash: z.string(),
  trees: z.union([z.number(), z.bigint()]).transform(Number),
  created_ms: z.union([z.number(), z.bigint()]).transform(Number),
});

async function allRuns(database: Database): Promise<z.infer<typeof RunRow>[]> {
  const rows = await database.rows(
    `SELECT run_no::INTEGER AS run_no, name, requested_name, command, spec::VARCHAR AS spec, spec_hash,
       epoch_ms(created_at) AS created_ms,
       (SELECT count(*) FROM tree t WHERE t.run_no = run.run_no) AS trees
     FROM run ORDER BY run_no`,
  );
  return rows.map((row) => RunRow.parse(row));
}

/** Every run, oldest first. */
export async function listRuns(database: Database): Promise<readonly RunInfo[]> {
  return (await allRuns(database)).map((row) => ({
    runNo: row.run_no,
    name: row.name,
    command: row.command,
    specHash: row.spec_hash,
    spec: z.json().parse(JSON.parse(row.spec)),
    trees: row.trees,
    createdAt: new Date(row.created_ms),
  }));
}

/** Continues a run or starts one, as architecture.md ("Runs") says. */
export async function openRun(database: Database, request: OpenRunRequest): Promise<OpenedRun> {
  const runs = (await allRuns(database)).map((row) => ({
    runNo: row.run_no,
    name: row.name,
    requestedName: row.requested_name,
    specHash: row.spec_hash,
    spec: z.json().parse(JSON.parse(row.spec)),
  }));
  const opened = chooseRun(runs, request);
  await database.transaction(async () => {
    if (!opened.isContinued) {
      await database.run(
        "INSERT INTO run VALUES ($1, uuid(), $2, $3, $4, $5::JSON, $6, now()::TIMESTAMP)",
        [
          opened.runNo,
          opened.name,
          request.name,
          request.command,
          canonicalJson(request.spec),
          opened.specHash,
        ],
      );
    }
    await insertSession(database, opened.runNo, request);
  });
  return opened;
}

async function insertSession(
  database: Database,
  runNo: number,
  { provenance }: OpenRunRequest,
): Promise<void> {
  const json = (value: Json) => canonicalJson(value);
  await database.run(
    `INSERT INTO session SELECT $1, coalesce(max(session_no), 0) + 1, $2::JSON, $3, $4, $5::JSON, $6::JSON, $7,
       now()::TIMESTAMP FROM session WHERE run_no = $1`,
    [
      runNo,
      json(provenance.config),
      provenance.codeRev,
      provenance.sandboxTier,
      json(provenance.packages),
      json(provenance.models),
      provenance.seed,
    ],
  );
}
