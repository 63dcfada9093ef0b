import { z } from "zod";
import { canonicalJson, type Json } from "../core/mod.ts";
import {
  chooseRun,
  derivedRunError,
  matchRun,
  nameTakenError,
  type StoredRun,
  unknownRunError,
} from "./_choose_run.ts";
import type { Database } from "./_database.ts";
import { JsonColumn } from "./_json_column.ts";
import type {
  DeleteRunOptions,
  MatchRunRequest,
  OpenedRun,
  OpenRunRequest,
  RunInfo,
} from "./store.ts";
import { packTreeId } from "./tree_id.ts";

const RunRow = z.object({
  run_no: z.number(),
  name: z.string(),
  requested_name: z.string(),
  command: z.string(),
  spec: JsonColumn,
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
    spec: row.spec,
    trees: row.trees,
    createdAt: new Date(row.created_ms),
  }));
}

async function storedRuns(database: Database): Promise<readonly StoredRun[]> {
  return (await allRuns(database)).map((row) => ({
    runNo: row.run_no,
    name: row.name,
    requestedName: row.requested_name,
    specHash: row.spec_hash,
    spec: row.spec,
  }));
}

/** The run that a request would continue. */
export async function findMatch(
  database: Database,
  request: MatchRunRequest,
): Promise<OpenedRun | null> {
  return matchRun(await storedRuns(database), request);
}

/** Continues a run or starts one, as docs/architecture.md, "Runs", says. */
export async function openRun(database: Database, request: OpenRunRequest): Promise<OpenedRun> {
  const runs = await storedRuns(database);
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

const RunNo = z.object({ run_no: z.number() });
const Derived = z.object({ artifact_id: z.number(), name: z.string().nullable() });

async function runNoOf(database: Database, name: string): Promise<number> {
  const [row] = await database.rows("SELECT run_no FROM run WHERE name = $1", [name]);
  if (row !== undefined) return RunNo.parse(row).run_no;
  throw unknownRunError(name, (await allRuns(database)).map((run) => run.name));
}

/** Gives a run another name. */
export async function renameRun(database: Database, name: string, to: string): Promise<void> {
  const runNo = await runNoOf(database, name);
  if (name === to) return;
  const taken = await database.rows("SELECT run_no FROM run WHERE name = $1", [to]);
  if (taken.length > 0) throw nameTakenError(name, to);
  await database.run("UPDATE run SET name = $2, requested_name = $2 WHERE run_no = $1", [
    runNo,
    to,
  ]);
}

/** Tables whose rows belong to a round by the number of their tree, of their evaluation, of their artifact, or of the round itself. */
const OWNED = {
  tree: ["node", "rollout", "node_score", "attempt"],
  evaluation: ["eval_sample", "verdict"],
  artifact: ["artifact_parent", "metric"],
  round: ["tree", "evaluation", "artifact", "round"],
} as const;

/** Tables whose rows belong to a run as a whole. */
const OF_RUN = ["load_sample", "session", "run"] as const;

/** Which rows of a table with runs and rounds go: those of a run ($1), of all of it (-1) or from a round on ($2). */
const GOES = "(run_no = $1 AND coalesce(round_no, -1) >= $2)";

/** Forgets a run with everything that belongs to it, or its rounds from one on, in one transaction. */
export async function deleteRun(
  database: Database,
  name: string,
  { fromRound = -1 }: DeleteRunOptions = {},
): Promise<void> {
  await database.transaction(async () => {
    const runNo = await runNoOf(database, name);
    await refuseDerived(database, { name, runNo, fromRound });
    const first = packTreeId({ runNo, roundNo: Math.max(0, fromRound), problemNo: 0, seed: 0 });
    const last = packTreeId({ runNo, roundNo: 15, problemNo: 2 ** 24 - 1, seed: 4_095 });
    for (const table of OWNED.tree) {
      await database.run(
        `DELETE FROM ${table} WHERE tree_id BETWEEN $1::UBIGINT AND $2::UBIGINT`,
        [String(first), String(last)],
      );
    }
    for (const [owner, key] of [["evaluation", "eval_id"], ["artifact", "artifact_id"]] as const) {
      for (const table of OWNED[owner]) {
        await database.run(
          `DELETE FROM ${table} WHERE ${key} IN (SELECT ${key} FROM ${owner} WHERE ${GOES})`,
          [runNo, fromRound],
        );
      }
    }
    for (const table of OWNED.round) {
      await database.run(`DELETE FROM ${table} WHERE ${GOES}`, [runNo, fromRound]);
    }
    if (fromRound >= 0) return;
    for (const table of OF_RUN) {
      await database.run(`DELETE FROM ${table} WHERE run_no = $1`, [runNo]);
    }
  });
}

/** Refuses to delete what an artifact that stays was made from. */
async function refuseDerived(
  database: Database,
  { name, runNo, fromRound }: {
    readonly name: string;
    readonly runNo: number;
    readonly fromRound: number;
  },
): Promise<void> {
  const [derived] = await database.rows(
    `WITH gone AS (SELECT artifact_id FROM artifact WHERE ${GOES})
     SELECT a.artifact_id, r.name FROM artifact_parent p JOIN artifact a USING (artifact_id)
       LEFT JOIN run r ON r.run_no = a.run_no
     WHERE p.parent_id IN (FROM gone) AND a.artifact_id NOT IN (FROM gone) ORDER BY a.artifact_id LIMIT 1`,
    [runNo, fromRound],
  );
  if (derived === undefined) return;
  const { artifact_id: artifactId, name: of } = Derived.parse(derived);
  throw derivedRunError(name, { artifactId, of });
}
