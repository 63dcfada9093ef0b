import { type EvaluationModeName, isSameSpec, type PpmCalibration } from "../core/mod.ts";
import type { EvaluationStore } from "../store/evaluation_store.ts";
import { type EvaluationPlan, evaluationRequest } from "./evaluation_plan.ts";
import type { LoadedSuite } from "./suite.ts";
import { type EvaluationSummary, summarise } from "./summarise.ts";

/** How an evaluation stands. */
export interface EvaluationResult {
  readonly evalId: number;
  readonly suite: string;
  readonly mode: EvaluationModeName;
  /** Whether it went on with samples that were there. */
  readonly isContinued: boolean;
  /** Whether every sample was made and judged. */
  readonly isComplete: boolean;
  /** Whether a part of the suite's problems was measured only. */
  readonly isLimited: boolean;
  /** Grader whose verdicts count. */
  readonly grader: string;
  /** Scale of the PPM; `null` without one. */
  readonly calibration: PpmCalibration | null;
  readonly summary: EvaluationSummary;
}

/** Options for reading a stored evaluation. */
export interface ReadOptions {
  readonly store: EvaluationStore;
  /** Grader whose verdicts count. */
  readonly grader: string;
  /** Scale of the PPM, for votes by weight; `null` without one. */
  readonly calibration: PpmCalibration | null;
}

/**
 * The result of an evaluation that is stored whole, so that nothing need be started for it; `null` where something is still to be
 * made.
 */
export async function storedEvaluation(
  loaded: LoadedSuite,
  plan: EvaluationPlan,
  options: ReadOptions,
): Promise<EvaluationResult | null> {
  const request = evaluationRequest(loaded, plan);
  if (request.open === "new") return null;
  const info = (await options.store.evaluations({ suite: request.suite })).findLast((one) =>
    isSameSpec(request, one) && one.mode === request.mode && one.runNo === request.runNo &&
    one.roundNo === request.roundNo
  );
  if (info === undefined) return null;
  const result = await readResult(loaded, plan, { ...options, evalId: info.evalId });
  return result.isComplete ? { ...result, isContinued: true } : null;
}

/** The result of an evaluation as it stands. */
export async function readResult(
  { suite, problems, total }: LoadedSuite,
  { mode, samples }: EvaluationPlan,
  options: ReadOptions & { readonly evalId: number },
): Promise<Omit<EvaluationResult, "isContinued">> {
  const { store, evalId, grader, calibration } = options;
  const summary = summarise(await store.samples(evalId), {
    mode: mode.name,
    problems,
    samples,
    grader,
    calibration,
  });
  return {
    evalId,
    suite: suite.name,
    mode: mode.name,
    isComplete: summary.counts.missing === 0,
    isLimited: problems.length < total,
    grader,
    calibration,
    summary,
  };
}
