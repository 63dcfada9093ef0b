import { z } from "zod";
import { canonicalJson, hashJson, isSameSpec, StoreError } from "../core/mod.ts";
import { evaluationMissing } from "./_choose_evaluation.ts";
import type { Database } from "./_database.ts";
import { JsonColumn } from "./_json_column.ts";
import {
  EVALUATION_STATES,
  type EvaluationInfo,
  type EvaluationRequest,
  type EvaluationState,
  type EvaluationStore,
  type OpenedEvaluation,
} from "./evaluation_store.ts";

const Id = z.object({ eval_id: z.number() });

const Candidate = z.object({ eval_id: z.number(), spec: JsonColumn, spec_hash: z.string() });

const EvaluationRow = z.object({
  eval_id: z.number(),
  suite: z.string(),
  mode: z.string(),
  run_no: z.number().nullable(),
  round_no: z.number().nullable(),
  policy: z.number().nullable(),
  ppm: z.number().nullable(),
  spec: JsonColumn,
  spec_hash: z.string(),
  provenance: JsonColumn,
  state: z.enum(EVALUATION_STATES),
  started_ms: z.bigint().transform(Number),
});

/** Goes on with an evaluation or starts one. */
export async function openEvaluation(
  database: Database,
  request: EvaluationRequest,
): Promise<OpenedEvaluation> {
  const specHash = hashJson(request.spec);
  return await database.transaction(async () => {
    if (request.open !== "new") {
      const found = await newestId(database, request);
      if (found !== null) {
        await setEvaluationState(database, found, "running");
        return { evalId: found, isContinued: true };
      }
      if (request.open === "resume") throw evaluationMissing(request);
    }
    const [row] = await database.rows(
      `INSERT INTO evaluation(eval_id, suite, mode, run_no, round_no, policy, ppm, spec, spec_hash, provenance, state,
         started_at)
       SELECT coalesce(max(eval_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7::JSON, $8, $9::JSON, 'running', now()::TIMESTAMP
       FROM evaluation RETURNING eval_id`,
      [
        request.suite,
        request.mode,
        request.runNo,
        request.roundNo,
        request.policy,
        request.ppm,
        canonicalJson(request.spec),
        specHash,
        canonicalJson(request.provenance),
      ],
    );
    return { evalId: Id.parse(row).eval_id, isContinued: false };
  });
}

async function newestId(
  database: Database,
  request: EvaluationRequest,
): Promise<number | null> {
  const rows = await database.rows(
    `SELECT eval_id, spec::VARCHAR AS spec, spec_hash FROM evaluation WHERE suite = $1 AND mode = $2
       AND run_no IS NOT DISTINCT FROM $3 AND round_no IS NOT DISTINCT FROM $4 ORDER BY eval_id`,
    [request.suite, request.mode, request.runNo, request.roundNo],
  );
  const same = rows.map((row) => Candidate.parse(row)).findLast(({ spec, spec_hash: specHash }) =>
    isSameSpec(request, { spec, specHash })
  );
  return same?.eval_id ?? null;
}

/** Marks how an evaluation ended. */
export async function setEvaluationState(
  database: Database,
  evalId: number,
  state: EvaluationState,
): Promise<void> {
  const changed = await database.rows(
    "UPDATE evaluation SET state = $2 WHERE eval_id = $1 RETURNING eval_id",
    [evalId, state],
  );
  if (changed.length === 0) throw unknownEvaluation(evalId);
}

/** Evaluations, oldest first. */
export async function listEvaluations(
  database: Database,
  { runNo, roundNo, suite }: NonNullable<Parameters<EvaluationStore["evaluations"]>[0]>,
): Promise<readonly EvaluationInfo[]> {
  const rows = await database.rows(
    `SELECT eval_id, suite, mode, run_no, round_no, policy, ppm, spec::VARCHAR AS spec, spec_hash,
       provenance::VARCHAR AS provenance, state, epoch_ms(started_at) AS started_ms
     FROM evaluation WHERE ($1 IS NULL OR run_no = $1) AND ($2 IS NULL OR round_no = $2)
       AND ($3 IS NULL OR suite = $3) ORDER BY eval_id`,
    [runNo ?? null, roundNo ?? null, suite ?? null],
  );
  return rows.map((row) => toInfo(EvaluationRow.parse(row)));
}

function toInfo(row: z.infer<typeof EvaluationRow>): EvaluationInfo {
  return {
    evalId: row.eval_id,
    suite: row.suite,
    mode: row.mode,
    runNo: row.run_no,
    roundNo: row.round_no,
    policy: row.policy,
    ppm: row.ppm,
    spec: row.spec,
    specHash: row.spec_hash,
    provenance: row.provenance,
    state: row.state,
    startedAt: new Date(row.started_ms),
  };
}

/** @throws {StoreError} If there is no evaluation of this number. */
export async function requireEvaluation(database: Database, evalId: number): Promise<void> {
  const rows = await database.rows("SELECT eval_id FROM evaluation WHERE eval_id = $1", [evalId]);
  if (rows.length === 0) throw unknownEvaluation(evalId);
}

/** The error of a number that no evaluation has. */
export function unknownEvaluation(evalId: number): StoreError {
  return new StoreError(`Cannot use evaluation ${evalId}: expected one that was opened, got none`);
}
