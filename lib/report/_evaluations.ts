import { z } from "zod";
import {
  type EvaluationSummary,
  type GradedProblem,
  gradeProblems,
  headlineWithoutOverlap,
  type MetricRow,
  readTrainingOverlap,
  summarise,
  type SummaryOptions,
  type TrainingOverlap,
} from "../evaluation/mod.ts";
import {
  EVALUATION_MODES,
  type EvaluationModeName,
  type Problem,
  ProblemMeta,
  StoreError,
} from "../core/mod.ts";
import { type JudgedSample, SAMPLE_OUTCOMES, type SqlReader } from "../store/mod.ts";
import { measured, optionalText, readRows } from "./_context.ts";

/** An evaluation as one grader judged it. */
export interface MeasuredEvaluation {
  readonly evalId: number;
  readonly run: string | null;
  readonly round: number | null;
  readonly suite: string;
  readonly mode: EvaluationModeName;
  readonly state: string;
  readonly startedAt: string;
  readonly spec: string;
  readonly provenance: string;
  /** Grader whose verdicts count; `null` while nothing is judged. */
  readonly grader: string | null;
  /** Samples a problem. */
  readonly samples: number;
  readonly problems: ReadonlyMap<string, Problem>;
  /** Problems with all of their samples, judged. */
  readonly graded: readonly GradedProblem[];
  readonly summary: EvaluationSummary;
  /** Training problems among the measured ones; `null` where nothing is known of the training. */
  readonly overlap: TrainingOverlap | null;
  /** Headline without them; `null` where there is none. */
  readonly withoutOverlap: MetricRow | null;
}

/** Which evaluations are read. */
export interface EvaluationFilter {
  /** Those of a run, and those of no run. */
  readonly run?: string;
  /** Those with these numbers. */
  readonly evalIds?: readonly number[];
  /** Grader that is preferred where several have judged. @default the one with most verdicts */
  readonly grader?: string;
}

const evaluationRow = z.object({
  eval_id: z.number(),
  run: optionalText,
  round: measured,
  suite: z.string(),
  mode: z.string(),
  state: z.string(),
  started_at: z.string(),
  spec: z.string(),
  provenance: z.string(),
});

const graderRow = z.object({ grader: z.string() });

const sampleRow = z.object({
  problem_id: z.string(),
  sample: z.number(),
  answer: optionalText,
  outcome: z.enum(SAMPLE_OUTCOMES),
  score: measured,
  prompt_tokens: z.number(),
  generated_tokens: z.number(),
  ppm_tokens: z.number(),
  wall_ms: z.number(),
  loose: optionalText,
  correct: z.boolean().nullable(),
  stage: optionalText,
  reason: optionalText,
  elapsed_ms: measured,
  vote: measured,
});

const problemRow = z.object({
  id: z.string(),
  source: z.string(),
  question: z.string(),
  answer: z.string(),
  level: measured,
  meta: z.string().transform((text) => ProblemMeta.parse(JSON.parse(text))),
});

/** Reads evaluations with their samples, oldest first. */
export async function readEvaluations(
  reader: SqlReader,
  filter: EvaluationFilter,
): Promise<readonly MeasuredEvaluation[]> {
  const { run = null, evalIds } = filter;
  const rows = await readRows(reader, evaluationRow, {
    sql: `SELECT e.eval_id, r.name AS run, e.round_no AS round, e.suite, e.mode, e.state,
        e.started_at::VARCHAR AS started_at, e.spec::VARCHAR AS spec, e.provenance::VARCHAR AS provenance
      FROM evaluation e LEFT JOIN run r USING (run_no)
      WHERE ($1 IS NULL OR r.name = $1 OR e.run_no IS NULL)
        AND ($2 IS NULL OR list_contains(from_json($2, '["UINTEGER"]'), e.eval_id))
      ORDER BY e.eval_id`,
    parameters: [run, evalIds === undefined ? null : JSON.stringify(evalIds)],
  });
  const evaluations: MeasuredEvaluation[] = [];
  for (const row of rows) evaluations.push(await readEvaluation(reader, row, filter.grader));
  return evaluations;
}

async function readEvaluation(
  reader: SqlReader,
  row: z.output<typeof evaluationRow>,
  preferred: string | undefined,
): Promise<MeasuredEvaluation> {
  const { eval_id: evalId, run, round, suite, state, spec, provenance } = row;
  const mode = EVALUATION_MODES.find((one) => one === row.mode);
  if (mode === undefined) {
    throw new StoreError(
      `Cannot report evaluation ${evalId}: expected a mode of ${
        EVALUATION_MODES.join(", ")
      }, got "${row.mode}"`,
    );
  }
  const grader = await chooseGrader(reader, evalId, preferred);
  const judged = await readSamples(reader, evalId, grader);
  const problems = await readProblems(reader, evalId);
  const samples = Math.max(0, ...judged.map(({ sample }) => sample + 1));
  const name = grader ?? "";
  const counted = judged.filter(({ outcome, verdicts }) =>
    outcome !== "infrastructure" && verdicts.length > 0
  );
  const overlap = await readTrainingOverlap(reader, evalId);
  const options: SummaryOptions = { mode, problems, samples, grader: name, calibration: null };
  return {
    evalId,
    run,
    round,
    suite,
    mode,
    state,
    startedAt: row.started_at,
    spec,
    provenance,
    grader,
    samples,
    problems: new Map(problems.map((problem) => [problem.id, problem])),
    graded: gradeProblems(counted, name).filter((problem) => problem.samples.length === samples),
    summary: summarise(judged, options),
    overlap,
    withoutOverlap: headlineWithoutOverlap(judged, { ...options, overlap }),
  };
}

async function chooseGrader(
  reader: SqlReader,
  evalId: number,
  preferred: string | undefined,
): Promise<string | null> {
  const graders = await readRows(reader, graderRow, {
    sql:
      `SELECT grader FROM verdict WHERE eval_id = $1 GROUP BY ALL ORDER BY count(*) DESC, grader`,
    parameters: [evalId],
  });
  const names = graders.map(({ grader }) => grader);
  return names.find((name) => name === preferred) ?? names[0] ?? null;
}

async function readSamples(
  reader: SqlReader,
  evalId: number,
  grader: string | null,
): Promise<readonly JudgedSample[]> {
  const rows = await readRows(reader, sampleRow, {
    sql:
      `SELECT p.problem_id, s.sample, s.answer, s.outcome, s.score, coalesce(s.prompt_tokens, 0) AS prompt_tokens,
        coalesce(s.generated_tokens, 0) AS generated_tokens, coalesce(s.ppm_tokens, 0) AS ppm_tokens,
        coalesce(s.wall_ms, 0) AS wall_ms, s.trace ->> '$.loose' AS loose, v.correct, v.stage, v.reason, v.elapsed_ms, v.vote
      FROM eval_sample s JOIN problem p USING (problem_no)
      LEFT JOIN verdict v ON v.eval_id = s.eval_id AND v.problem_no = s.problem_no AND v.sample = s.sample AND v.grader = $2
      WHERE s.eval_id = $1 ORDER BY s.problem_no, s.sample`,
    parameters: [evalId, grader],
  });
  return rows.map((row) => ({
    problemId: row.problem_id,
    sample: row.sample,
    answer: row.answer,
    outcome: row.outcome,
    score: row.score,
    promptTokens: row.prompt_tokens,
    generatedTokens: row.generated_tokens,
    ppmTokens: row.ppm_tokens,
    wallMs: row.wall_ms,
    trace: row.loose === null ? null : { loose: row.loose },
    verdicts: row.correct === null || grader === null ? [] : [{
      grader,
      correct: row.correct,
      stage: row.stage ?? "none",
      reason: row.reason ?? "",
      elapsedMs: row.elapsed_ms ?? 0,
      vote: row.vote,
    }],
  }));
}

function readProblems(reader: SqlReader, evalId: number): Promise<readonly Problem[]> {
  return readRows(reader, problemRow, {
    sql:
      `SELECT p.problem_id AS id, p.source, p.question, p.answer, p.level, p.meta::VARCHAR AS meta FROM problem p
      SEMI JOIN (SELECT problem_no FROM eval_sample WHERE eval_id = $1) USING (problem_no) ORDER BY p.problem_no`,
    parameters: [evalId],
  });
}
