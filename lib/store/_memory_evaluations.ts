import { hashJson, isSameSpec } from "../core/mod.ts";
import {
  checkBatch,
  evaluationMissing,
  sampleKey,
  unknownProblem,
  unknownSample,
} from "./_choose_evaluation.ts";
import { unknownEvaluation } from "./_evaluations.ts";
import type { IsForgotten } from "./_memory_artifacts.ts";
import { settle } from "./_settle.ts";
import type {
  EvaluationInfo,
  EvaluationSample,
  EvaluationStore,
  JudgedSample,
  SampleVerdict,
} from "./evaluation_store.ts";

interface MemoryEvaluation {
  info: EvaluationInfo;
  readonly samples: Map<string, EvaluationSample>;
  verdicts: readonly SampleVerdict[];
}

/** Evaluations in memory. */
export interface MemoryEvaluations {
  readonly store: EvaluationStore;
  /** Drops what goes. */
  readonly forget: (goes: IsForgotten) => void;
}

/** No evaluations yet. */
export function memoryEvaluations(
  problemNo: (id: string) => number | undefined,
): MemoryEvaluations {
  const evaluations = new Map<number, MemoryEvaluation>();
  const find = (evalId: number) => {
    const evaluation = evaluations.get(evalId);
    if (evaluation === undefined) throw unknownEvaluation(evalId);
    return evaluation;
  };
  const store: EvaluationStore = {
    openEvaluation: ({ open, upgrade, ...request }) =>
      settle(() => {
        const specHash = hashJson(request.spec);
        const found = open === "new"
          ? undefined
          : [...evaluations.values()].findLast(({ info }) =>
            info.suite === request.suite && info.mode === request.mode &&
            isSameSpec({ spec: request.spec, ...(upgrade && { upgrade }) }, info) &&
            info.runNo === request.runNo &&
            info.roundNo === request.roundNo
          );
        if (found !== undefined) {
          found.info = { ...found.info, state: "running" };
          return { evalId: found.info.evalId, isContinued: true };
        }
        if (open === "resume") throw evaluationMissing(request);
        const evalId = Math.max(0, ...evaluations.keys()) + 1;
        const info = {
          ...request,
          evalId,
          specHash,
          state: "running",
          startedAt: new Date(),
        } as const;
        evaluations.set(evalId, { info, samples: new Map(), verdicts: [] });
        return { evalId, isContinued: false };
      }),
    finishedSamples: (evalId) =>
      settle(() =>
        inOrder(find(evalId), problemNo).filter(({ outcome }) => outcome !== "infrastructure")
          .map(({ problemId, sample }) => ({ problemId, sample }))
      ),
    writeSamples: (evalId, samples, verdicts) =>
      settle(() => {
        const evaluation = find(evalId);
        const given = new Set(samples.map(sampleKey));
        checkBatch(samples, verdicts, (key) => given.has(sampleKey(key)));
        for (const { problemId } of samples) {
          if (problemNo(problemId) === undefined) throw unknownProblem(problemId);
        }
        const fresh = new Map(samples.map((sample) => [sampleKey(sample), sample]));
        for (const key of fresh.keys()) {
          const stored = evaluation.samples.get(key);
          if (stored !== undefined && stored.outcome !== "infrastructure") fresh.delete(key);
        }
        for (const [key, sample] of fresh) evaluation.samples.set(key, sample);
        evaluation.verdicts = [
          ...evaluation.verdicts.filter((verdict) => !fresh.has(sampleKey(verdict))),
          ...verdicts.filter((verdict) => fresh.has(sampleKey(verdict))),
        ];
      }),
    writeVerdicts: (evalId, verdicts) =>
      settle(() => {
        const evaluation = find(evalId);
        checkBatch([], verdicts, () => true);
        for (const verdict of verdicts) {
          if (!evaluation.samples.has(sampleKey(verdict))) throw unknownSample(verdict);
        }
        const given = new Set(verdicts.map(verdictKey));
        evaluation.verdicts = [
          ...evaluation.verdicts.filter((verdict) => !given.has(verdictKey(verdict))),
          ...verdicts,
        ];
      }),
    setEvaluationState: (evalId, state) =>
      settle(() => {
        const evaluation = find(evalId);
        evaluation.info = { ...evaluation.info, state };
      }),
    evaluations: ({ runNo, roundNo, suite } = {}) =>
      settle(() =>
        [...evaluations.values()].map(({ info }) => info).filter((info) =>
          (runNo === undefined || info.runNo === runNo) &&
          (roundNo === undefined || info.roundNo === roundNo) &&
          (suite === undefined || info.suite === suite)
        )
      ),
    samples: (evalId) => settle(() => judged(find(evalId), problemNo)),
  };
  return {
    store,
    forget: (goes) => {
      for (const [id, { info }] of evaluations) if (goes(info)) evaluations.delete(id);
    },
  };
}

function verdictKey(verdict: SampleVerdict): string {
  return `${verdict.grader}\n${sampleKey(verdict)}`;
}

function inOrder(
  evaluation: MemoryEvaluation,
  problemNo: (id: string) => number | undefined,
): readonly EvaluationSample[] {
  return [...evaluation.samples.values()].sort((a, b) =>
    (problemNo(a.problemId) ?? 0) - (problemNo(b.problemId) ?? 0) || a.sample - b.sample
  );
}

function judged(
  evaluation: MemoryEvaluation,
  problemNo: (id: string) => number | undefined,
): readonly JudgedSample[] {
  const verdicts = Map.groupBy(evaluation.verdicts, sampleKey);
  return inOrder(evaluation, problemNo).map((sample) => ({
    ...sample,
    verdicts: (verdicts.get(sampleKey(sample)) ?? []).map(
      ({ problemId: _problem, sample: _sample, ...verdict }) => verdict,
    ),
  }));
}
