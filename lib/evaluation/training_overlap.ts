/**
 * Contamination: which of the measured problems stand among the problems that were searched for the training of what is measured
 * (docs/evaluation.md, "Contamination"). Computed by the database, in the manner of the export's decontamination: words alone are compared.
 */
import { z } from "zod";
import { isStarterSet } from "../core/mod.ts";
import type { JudgedSample } from "../store/evaluation_store.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import { type MetricRow, summarise, type SummaryOptions } from "./summarise.ts";

/** How many words in a row two problems must share. */
const SHARED_WORDS = 13;

/** Measured problems that occur in training problems. */
export interface TrainingOverlap {
  /** Measured problems. */
  readonly measured: number;
  /** Problems of the trees of this run, up to the round that is measured. */
  readonly training: number;
  /** Ids of measured problems that equal a training problem but for case, punctuation and spacing. */
  readonly equal: readonly string[];
  /** Ids of others that share 13 words in a row with one; empty for worlds whose phrasings repeat by construction. */
  readonly similar: readonly string[];
}

const MEASURED = `SELECT DISTINCT p.problem_no, p.problem_id, p.question
  FROM eval_sample s JOIN problem p USING (problem_no) WHERE s.eval_id = $1`;
const TRAINING = `SELECT DISTINCT p.problem_no, p.question
  FROM evaluation e JOIN tree t ON t.run_no = e.run_no AND t.round_no <= e.round_no JOIN problem p USING (problem_no)
  WHERE e.eval_id = $1`;
const WORDS = String.raw`regexp_extract_all(lower(nfc_normalize(question)), '[\p{L}\p{N}]+')`;
/** One row for every run of words; hashes, since texts of all runs are many times the problems. */
const RUNS = `unnest([hash(list_slice(words, i, i + ${SHARED_WORDS - 1}))
    FOR i IN range(1, len(words) - ${SHARED_WORDS - 2})]) AS run`;

const SQL = `WITH measured AS (SELECT problem_id, ${WORDS} AS words FROM (${MEASURED})),
  training AS (SELECT ${WORDS} AS words FROM (${TRAINING})),
  shared AS (SELECT DISTINCT problem_id FROM (SELECT problem_id, ${RUNS} FROM measured)
    SEMI JOIN (SELECT ${RUNS} FROM training) USING (run))
SELECT problem_id, words IN (SELECT words FROM training) AS is_equal, problem_id IN (FROM shared) AS is_similar
FROM measured WHERE is_equal OR is_similar ORDER BY problem_id`;

const Sizes = z.tuple([z.string(), z.int().nullable(), z.int(), z.int()]);
const Hit = z.tuple([z.string(), z.boolean(), z.boolean()]);

/**
 * Finds training problems among the problems of an evaluation.
 *
 * @returns `null` where nothing is known of the training: for a model that no run of this database made.
 */
export async function readTrainingOverlap(
  reader: SqlReader,
  evalId: number,
): Promise<TrainingOverlap | null> {
  const [sizes] = await readRows(reader, Sizes, {
    sql:
      `SELECT suite, run_no, (SELECT count(*) FROM (${MEASURED})), (SELECT count(*) FROM (${TRAINING}))
      FROM evaluation WHERE eval_id = $1`,
    evalId,
  });
  if (sizes === undefined || sizes[1] === null) return null;
  const [suite, , measured, training] = sizes;
  if (training === 0) return { measured, training, equal: [], similar: [] };
  const hits = await readRows(reader, Hit, { sql: SQL, evalId });
  const ids = (keep: (hit: z.infer<typeof Hit>) => boolean) =>
    hits.filter(keep).map(([problemId]) => problemId);
  return {
    measured,
    training,
    equal: ids(([, isEqual]) => isEqual),
    similar: isStarterSet(suite) ? [] : ids(([, isEqual]) => !isEqual),
  };
}

async function readRows<S extends z.ZodType>(
  reader: SqlReader,
  schema: S,
  { sql, evalId }: { readonly sql: string; readonly evalId: number },
): Promise<readonly z.output<S>[]> {
  const { batches } = await reader.query(sql, { parameters: [evalId] });
  return (await Array.fromAsync(batches)).flat().map((row) => schema.parse(row));
}

/** The headline without the problems that overlap; `null` where none does, or nothing else is measured. */
export function headlineWithoutOverlap(
  samples: readonly JudgedSample[],
  { overlap, ...options }: SummaryOptions & { readonly overlap: TrainingOverlap | null },
): MetricRow | null {
  const seen = new Set([...overlap?.equal ?? [], ...overlap?.similar ?? []]);
  if (seen.size === 0) return null;
  const problems = options.problems.filter(({ id }) => !seen.has(id));
  return summarise(samples, { ...options, problems }).headline;
}
