import { InfrastructureError, type Problem } from "../core/mod.ts";
import type { Grader } from "../grading/mod.ts";
import { runTrees } from "../search/mod.ts";
import type {
  EvaluationSample,
  EvaluationStore,
  JudgedSample,
  SampleVerdict,
} from "../store/evaluation_store.ts";

/** Answers that are judged at the same time. */
const CONCURRENCY = 32;

/** Judges one sample. */
export async function verdictOf(
  { problemId, sample, answer }: Pick<EvaluationSample, "problemId" | "sample" | "answer">,
  options: {
    readonly problem: Problem;
    readonly grader: Grader;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<SampleVerdict> {
  const { problem, grader, signal } = options;
  const reference = { answer: problem.answer, meta: problem.meta };
  const verdict = await grader.grade(reference, answer, { signal });
  const { correct, stage, reason, elapsedMs } = verdict;
  const judged = { problemId, sample, grader: verdict.grader, correct, stage, reason, elapsedMs };
  return { ...judged, vote: null };
}

/** Options for judging stored samples. */
export interface GradeOptions {
  readonly store: EvaluationStore;
  readonly evalId: number;
  readonly grader: Grader;
  readonly signal?: AbortSignal | undefined;
}

/** Result of judging stored samples. */
export interface GradeResult {
  readonly judged: number;
  /** Samples that the machinery failed to judge; they are judged next time. */
  readonly failed: number;
}

/** Judges the stored samples that this version of the grader has not seen. No request is made. */
export async function gradeMissing(
  problems: readonly Problem[],
  options: GradeOptions,
): Promise<GradeResult> {
  return await gradeStored(problems, {
    ...options,
    wants: ({ verdicts }) => verdicts.every(({ grader }) => grader !== options.grader.version),
  });
}

/** Judges every stored sample anew; verdicts of other graders stay beside. No request is made. */
export async function regrade(
  problems: readonly Problem[],
  options: GradeOptions,
): Promise<GradeResult> {
  return await gradeStored(problems, { ...options, wants: () => true });
}

async function gradeStored(
  problems: readonly Problem[],
  options: GradeOptions & { readonly wants: (sample: JudgedSample) => boolean },
): Promise<GradeResult> {
  const { store, evalId, grader, signal, wants } = options;
  const byId = new Map(problems.map((problem) => [problem.id, problem]));
  const stored = await store.samples(evalId);
  const jobs = stored.flatMap((sample) => {
    const problem = byId.get(sample.problemId);
    const isWanted = sample.outcome !== "infrastructure" && wants(sample);
    return problem === undefined || !isWanted ? [] : [{ sample, problem }];
  });
  const verdicts: SampleVerdict[] = [];
  const { parked } = await runTrees(jobs, {
    openTrees: CONCURRENCY,
    grow: ({ sample, problem }, { signal }) => verdictOf(sample, { problem, grader, signal }),
    onTree: (verdict) => {
      verdicts.push(verdict);
      return Promise.resolve();
    },
    onParked: (_error: InfrastructureError) => Promise.resolve(),
    signal,
  });
  if (verdicts.length > 0) await store.writeVerdicts(evalId, verdicts);
  return { judged: verdicts.length, failed: parked };
}
