/**
 * Measures a policy on a suite: every sample is made, graded and kept by itself, so that an interruption at any point loses what was
 * in flight and nothing else.
 *
 * Invariant: what the machinery failed is kept as `infrastructure`, counts neither as right nor as wrong, and is made again by the
 * next run.
 */
import { GroupCommit, InfrastructureError, type Problem } from "../core/mod.ts";
import type { StepDomain } from "../domain/domain.ts";
import type { Policy } from "../endpoint/policy.ts";
import type { Ppm } from "../endpoint/ppm.ts";
import type { Grader } from "../grading/mod.ts";
import { type OpenTrees, runTrees } from "../search/mod.ts";
import type {
  EvaluationSample,
  EvaluationStore,
  SampleVerdict,
} from "../store/evaluation_store.ts";
import type { ProblemStore } from "../store/store.ts";
import { gradeMissing, verdictOf } from "./grade_samples.ts";
import { groupVotes } from "./group_votes.ts";
import { type EvaluationPlan, evaluationRequest } from "./evaluation_plan.ts";
import { type EvaluationResult, readResult } from "./evaluation_result.ts";
import type { SolveContext } from "./modes/mod.ts";
import type { LoadedSuite } from "./suite.ts";

/** A sample that was made, for whoever watches. */
export interface SampleEvent {
  readonly sample: EvaluationSample;
  /** `null` where the machinery failed to judge it. */
  readonly verdict: SampleVerdict | null;
}

/** Parts that an evaluation works with. */
export interface EvaluationParts {
  readonly policy: Policy;
  /** `null` for modes that need none. */
  readonly ppm: Ppm | null;
  readonly domain: StepDomain;
  readonly grader: Grader;
  readonly store: EvaluationStore & ProblemStore;
  /** Samples in flight. */
  readonly concurrency: OpenTrees;
  /** Told once how many samples are there already, and how many are still to be made. */
  readonly onStart?: (counts: { readonly done: number; readonly pending: number }) => void;
  readonly onSample?: (event: SampleEvent) => void;
  /** Told of every sample that the machinery failed. */
  readonly onFailure?: (error: InfrastructureError) => void;
  /** Asked before a sample is begun; `false` leaves it and all others to the next run. */
  readonly mayGoOn?: () => boolean;
  /** No new sample is begun once it aborts; those in flight are finished. */
  readonly stopAdmitting?: AbortSignal | undefined;
  /** Ends everything now. */
  readonly signal?: AbortSignal | undefined;
}

interface Job {
  readonly problem: Problem;
  readonly sample: number;
}

/**
 * Measures a suite, going on with what is stored of it.
 *
 * @throws {UsageError} If `open` is `resume` and nothing is stored.
 * @throws {StoreError} If a sample could not be kept.
 * @throws The signal's reason, when it aborts.
 */
export async function runEvaluation(
  loaded: LoadedSuite,
  plan: EvaluationPlan,
  parts: EvaluationParts,
): Promise<EvaluationResult> {
  const { store, grader, ppm } = parts;
  const { problems } = loaded;
  await store.putProblems(problems);
  const { evalId, isContinued } = await store.openEvaluation(evaluationRequest(loaded, plan));
  const jobs = await pendingJobs(loaded, plan, { store, evalId });
  parts.onStart?.({ done: problems.length * plan.samples - jobs.length, pending: jobs.length });
  try {
    const unjudged = await makeSamples(jobs, plan, { ...parts, evalId });
    // What an earlier run made may have been judged by an earlier version of the grader.
    if (isContinued || unjudged > 0) {
      await gradeMissing(problems, { store, evalId, grader, signal: parts.signal });
    }
    if (plan.samples > 1) await groupVotes({ store, evalId, grader, signal: parts.signal });
  } catch (error) {
    // Of a store that is broken only its own error is worth telling.
    await store.setEvaluationState(evalId, "incomplete").catch(() => {});
    throw error;
  }
  const result = await readResult(loaded, plan, {
    store,
    evalId,
    grader: grader.version,
    calibration: plan.mode.needsPpm ? ppm?.calibration ?? null : null,
  });
  await store.setEvaluationState(evalId, result.isComplete ? "complete" : "incomplete");
  return { ...result, isContinued };
}

/** Sample 0 of all problems, then sample 1 of all: an interrupted evaluation has about equally many of each. */
async function pendingJobs(
  { problems }: LoadedSuite,
  { samples }: EvaluationPlan,
  { store, evalId }: { readonly store: EvaluationStore; readonly evalId: number },
): Promise<readonly Job[]> {
  const finished = new Set(
    (await store.finishedSamples(evalId)).map(({ problemId, sample }) => `${sample}/${problemId}`),
  );
  return Array.from({ length: samples }, (_, sample) => sample).flatMap((sample) =>
    problems.filter(({ id }) => !finished.has(`${sample}/${id}`))
      .map((problem) => ({ problem, sample }))
  );
}

/** Makes samples; returns how many of them could not be judged. */
async function makeSamples(
  jobs: readonly Job[],
  plan: EvaluationPlan,
  parts: EvaluationParts & { readonly evalId: number },
): Promise<number> {
  const { store, evalId, concurrency, onSample, onFailure } = parts;
  const writer = sampleWriter(store, evalId);
  let unjudged = 0;
  await runTrees(admit(jobs, parts), {
    openTrees: concurrency,
    grow: (job, { signal }) => makeSample(job, plan, { ...parts, signal }),
    onTree: async (event) => {
      await writer.add(event);
      if (event.verdict === null) unjudged++;
      onSample?.(event);
    },
    onParked: async (error, { problem, sample }) => {
      await writer.add({
        sample: failedSample(error, { problemId: problem.id, sample }),
        verdict: null,
      });
      onFailure?.(error);
    },
    stopAdmitting: parts.stopAdmitting,
    signal: parts.signal,
  });
  return unjudged;
}

/** A fast evaluation pays for few transactions, and a slow one loses nothing. */
function sampleWriter(store: EvaluationStore, evalId: number): GroupCommit<SampleEvent> {
  return new GroupCommit(async (batch) => {
    await store.writeSamples(
      evalId,
      batch.map(({ sample }) => sample),
      batch.flatMap(({ verdict }) => verdict === null ? [] : [verdict]),
    );
    return () => {};
  });
}

function* admit(jobs: readonly Job[], { mayGoOn }: EvaluationParts): Generator<Job> {
  for (const job of jobs) {
    if (mayGoOn?.() === false) return;
    yield job;
  }
}

/** Makes and judges one sample. The mode is given the question alone: the reference is within reach of the grader only. */
async function makeSample(
  { problem, sample }: Job,
  { mode, seed }: EvaluationPlan,
  parts: EvaluationParts & { readonly signal: AbortSignal },
): Promise<SampleEvent> {
  const { policy, ppm, domain, grader, signal, onFailure } = parts;
  const context: SolveContext = { policy, ppm, domain, seed, signal };
  const question = { id: problem.id, question: problem.question };
  const startedMs = performance.now();
  const attempt = await mode.solve(question, sample, context);
  const wallMs = performance.now() - startedMs;
  const made: EvaluationSample = { problemId: problem.id, sample, ...attempt, wallMs };
  try {
    return { sample: made, verdict: await verdictOf(made, { problem, grader, signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof InfrastructureError)) throw error;
    // The sample is good; it is judged later.
    onFailure?.(error);
    return { sample: made, verdict: null };
  }
}

function failedSample(
  error: InfrastructureError,
  key: { readonly problemId: string; readonly sample: number },
): EvaluationSample {
  return {
    ...key,
    answer: null,
    outcome: "infrastructure",
    score: null,
    promptTokens: 0,
    generatedTokens: 0,
    ppmTokens: 0,
    wallMs: 0,
    trace: { boundary: error.boundary, error: error.message.slice(0, 2_000) },
  };
}
