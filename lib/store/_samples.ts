import { z } from "zod";
import { appendRows, type Columns } from "./_append.ts";
import { checkBatch, sampleKey, unknownProblem, unknownSample } from "./_choose_evaluation.ts";
import type { Database } from "./_database.ts";
import { JsonColumn } from "./_json_column.ts";
import { requireEvaluation } from "./_evaluations.ts";
import {
  type EvaluationSample,
  type JudgedSample,
  SAMPLE_OUTCOMES,
  type SampleVerdict,
} from "./evaluation_store.ts";

/** DuckDB gives 64-bit columns as bigint. */
const count = z.union([z.number(), z.bigint()]).transform(Number);

const SampleRow = z.object({
  problem_id: z.string(),
  sample: z.number(),
  answer: z.string().nullable(),
  outcome: z.enum(SAMPLE_OUTCOMES),
  score: z.number().nullable(),
  prompt_tokens: count,
  generated_tokens: count,
  ppm_tokens: count,
  wall_ms: z.number(),
  trace: JsonColumn,
});

const VerdictRow = z.object({
  problem_id: z.string(),
  sample: z.number(),
  grader: z.string(),
  correct: z.boolean(),
  stage: z.string(),
  reason: z.string(),
  elapsed_ms: z.number(),
  vote: z.number().nullable(),
});

const Key = z.object({ problem_id: z.string(), sample: z.number() });
const ProblemId = z.object({ problem_id: z.string() });

const SAMPLE_COLUMNS: Columns<EvaluationSample> = [
  ["problem_id", (sample) => sample.problemId],
  ["sample", (sample) => sample.sample],
  ["answer", (sample) => sample.answer],
  ["outcome", (sample) => sample.outcome],
  ["score", (sample) => sample.score],
  ["prompt_tokens", (sample) => BigInt(sample.promptTokens)],
  ["generated_tokens", (sample) => BigInt(sample.generatedTokens)],
  ["ppm_tokens", (sample) => BigInt(sample.ppmTokens)],
  ["wall_ms", (sample) => sample.wallMs],
  ["trace", (sample) => JSON.stringify(sample.trace)],
];

const VERDICT_COLUMNS: Columns<SampleVerdict> = [
  ["problem_id", (verdict) => verdict.problemId],
  ["sample", (verdict) => verdict.sample],
  ["grader", (verdict) => verdict.grader],
  ["correct", (verdict) => verdict.correct],
  ["stage", (verdict) => verdict.stage],
  ["reason", (verdict) => verdict.reason],
  ["elapsed_ms", (verdict) => verdict.elapsedMs],
  ["vote", (verdict) => verdict.vote],
];

/** Samples that need not be made again. */
export async function finishedSamples(database: Database, evalId: number) {
  await requireEvaluation(database, evalId);
  const rows = await database.rows(
    `SELECT problem_id, sample FROM eval_sample JOIN problem USING (problem_no)
     WHERE eval_id = $1 AND outcome <> 'infrastructure' ORDER BY problem_no, sample`,
    [evalId],
  );
  return rows.map((row) => Key.parse(row))
    .map(({ problem_id, sample }) => ({ problemId: problem_id, sample }));
}

/** Keeps samples with their verdicts. A stored infrastructure sample is replaced, any other one stays as it is. */
export async function writeSamples(
  database: Database,
  evalId: number,
  { samples, verdicts }: {
    readonly samples: readonly EvaluationSample[];
    readonly verdicts: readonly SampleVerdict[];
  },
): Promise<void> {
  const given = new Set(samples.map(sampleKey));
  checkBatch(samples, verdicts, (key) => given.has(sampleKey(key)));
  await database.transaction(async () => {
    await requireEvaluation(database, evalId);
    await putGiven(database, { samples, verdicts });
    await refuseUnknownProblem(database);
    await database.run(
      `CREATE OR REPLACE TEMP TABLE fresh_sample AS
         SELECT p.problem_no, g.sample FROM given_sample g JOIN problem p USING (problem_id) ANTI JOIN (
           SELECT problem_no, sample FROM eval_sample WHERE eval_id = $1 AND outcome <> 'infrastructure')
         USING (problem_no, sample)`,
      [evalId],
    );
    const isFresh = "eval_id = $1 AND (problem_no, sample) IN (FROM fresh_sample)";
    await database.run(`DELETE FROM eval_sample WHERE ${isFresh}`, [evalId]);
    await database.run(`DELETE FROM verdict WHERE ${isFresh}`, [evalId]);
    await database.run(
      `INSERT INTO eval_sample(eval_id, problem_no, sample, answer, outcome, score, prompt_tokens, generated_tokens,
         ppm_tokens, wall_ms, trace)
       SELECT $1, problem_no, sample, g.answer, outcome, score, prompt_tokens, generated_tokens, ppm_tokens, wall_ms, trace
       FROM given_sample g JOIN problem USING (problem_id) SEMI JOIN fresh_sample USING (problem_no, sample)`,
      [evalId],
    );
    await insertVerdicts(database, evalId, "SEMI JOIN fresh_sample USING (problem_no, sample)");
    await dropGiven(database);
  });
}

/** Adds verdicts, in place of those that the same grader gave before. */
export async function writeVerdicts(
  database: Database,
  evalId: number,
  verdicts: readonly SampleVerdict[],
): Promise<void> {
  checkBatch([], verdicts, () => true);
  await database.transaction(async () => {
    await requireEvaluation(database, evalId);
    await putGiven(database, { samples: [], verdicts });
    const [row] = await database.rows(
      `SELECT g.problem_id, g.sample FROM given_verdict g ANTI JOIN (
         SELECT problem_id, sample FROM eval_sample JOIN problem USING (problem_no) WHERE eval_id = $1)
       USING (problem_id, sample) ORDER BY g.rowid LIMIT 1`,
      [evalId],
    );
    if (row !== undefined) {
      const { problem_id, sample } = Key.parse(row);
      throw unknownSample({ problemId: problem_id, sample });
    }
    await database.run(
      `DELETE FROM verdict WHERE eval_id = $1 AND (problem_no, sample, grader) IN (
         SELECT problem_no, sample, grader FROM given_verdict JOIN problem USING (problem_id))`,
      [evalId],
    );
    await insertVerdicts(database, evalId, "");
    await dropGiven(database);
  });
}

async function insertVerdicts(database: Database, evalId: number, filter: string): Promise<void> {
  await database.run(
    `INSERT INTO verdict(eval_id, problem_no, sample, grader, correct, stage, reason, elapsed_ms, vote)
     SELECT $1, problem_no, sample, grader, correct, stage, reason, elapsed_ms, vote
     FROM given_verdict JOIN problem USING (problem_id) ${filter}`,
    [evalId],
  );
}

/** Temporary tables that one statement can join, however many rows there are. A rolled back call leaves none behind. */
async function putGiven(
  database: Database,
  { samples, verdicts }: {
    readonly samples: readonly EvaluationSample[];
    readonly verdicts: readonly SampleVerdict[];
  },
): Promise<void> {
  await database.run(
    `CREATE TEMP TABLE given_sample(problem_id VARCHAR, sample USMALLINT, answer VARCHAR, outcome VARCHAR, score DOUBLE,
       prompt_tokens UBIGINT, generated_tokens UBIGINT, ppm_tokens UBIGINT, wall_ms DOUBLE, trace JSON);
     CREATE TEMP TABLE given_verdict(problem_id VARCHAR, sample USMALLINT, grader VARCHAR, correct BOOLEAN,
       stage VARCHAR, reason VARCHAR, elapsed_ms DOUBLE, vote USMALLINT)`,
  );
  await appendRows(database, "given_sample", {
    columns: SAMPLE_COLUMNS,
    rows: samples,
    catalog: "temp",
  });
  await appendRows(database, "given_verdict", {
    columns: VERDICT_COLUMNS,
    rows: verdicts,
    catalog: "temp",
  });
}

async function dropGiven(database: Database): Promise<void> {
  await database.run(
    "DROP TABLE given_sample; DROP TABLE given_verdict; DROP TABLE IF EXISTS fresh_sample",
  );
}

async function refuseUnknownProblem(database: Database): Promise<void> {
  const [row] = await database.rows(
    "SELECT problem_id FROM given_sample g ANTI JOIN problem USING (problem_id) ORDER BY g.rowid LIMIT 1",
  );
  if (row !== undefined) throw unknownProblem(ProblemId.parse(row).problem_id);
}

/** Every sample of an evaluation, by problem and index, with all that graders said of it (in the order in which they said it). */
export async function readSamples(
  database: Database,
  evalId: number,
): Promise<readonly JudgedSample[]> {
  await requireEvaluation(database, evalId);
  const verdicts = Map.groupBy(
    (await database.rows(
      `SELECT problem_id, sample, grader, correct, stage, reason, elapsed_ms, vote
       FROM verdict v JOIN problem USING (problem_no) WHERE eval_id = $1 ORDER BY v.rowid`,
      [evalId],
    )).map((row) => VerdictRow.parse(row)),
    (row) => sampleKey({ problemId: row.problem_id, sample: row.sample }),
  );
  const rows = await database.rows(
    `SELECT problem_id, sample, eval_sample.answer, outcome, score, prompt_tokens, generated_tokens,
       coalesce(ppm_tokens, 0)::UBIGINT AS ppm_tokens, wall_ms, trace::VARCHAR AS trace
     FROM eval_sample JOIN problem USING (problem_no) WHERE eval_id = $1 ORDER BY problem_no, sample`,
    [evalId],
  );
  return rows.map((row) => toSample(SampleRow.parse(row), verdicts));
}

function toSample(
  row: z.infer<typeof SampleRow>,
  verdicts: ReadonlyMap<string, readonly z.infer<typeof VerdictRow>[]>,
): JudgedSample {
  const key = { problemId: row.problem_id, sample: row.sample };
  return {
    ...key,
    answer: row.answer,
    outcome: row.outcome,
    score: row.score,
    promptTokens: row.prompt_tokens,
    generatedTokens: row.generated_tokens,
    ppmTokens: row.ppm_tokens,
    wallMs: row.wall_ms,
    trace: row.trace,
    verdicts: (verdicts.get(sampleKey(key)) ?? []).map((verdict) => ({
      grader: verdict.grader,
      correct: verdict.correct,
      stage: verdict.stage,
      reason: verdict.reason,
      elapsedMs: verdict.elapsed_ms,
      vote: verdict.vote,
    })),
  };
}
