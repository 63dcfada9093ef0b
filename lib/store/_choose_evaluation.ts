import { UsageError } from "../core/mod.ts";
import type { EvaluationRequest, EvaluationSample, SampleVerdict } from "./evaluation_store.ts";

/** The error of `resume` where there is nothing to go on with. */
export function evaluationMissing(
  { suite, mode, runNo, roundNo }: Omit<EvaluationRequest, "open">,
): UsageError {
  const of = runNo === null
    ? ""
    : ` of run ${runNo}${roundNo === null ? "" : `, round ${roundNo}`}`;
  return new UsageError(
    `Cannot resume the evaluation of suite "${suite}", mode "${mode}"${of}: there is none with these settings; ` +
      "leave --resume out to start one",
  );
}

/** The error of a problem that a sample names and the database does not hold. */
export function unknownProblem(id: string): UsageError {
  return new UsageError(`Cannot use problem "${id}": it was not stored before its samples`);
}

/** The error of a verdict on a sample that is not there. */
export function unknownSample({ problemId, sample }: SampleKey): UsageError {
  return new UsageError(
    `Cannot store a verdict on sample ${sample} of problem "${problemId}": there is no such sample`,
  );
}

/** Key of a sample within its evaluation. */
export type SampleKey = Pick<EvaluationSample, "problemId" | "sample">;

/** The identity as text. */
export function sampleKey({ problemId, sample }: SampleKey): string {
  return `${sample}/${problemId}`;
}

/**
 * Refuses a batch that contradicts itself.
 *
 * @throws {UsageError} If a sample, or a grader's verdict on one, occurs twice, or a verdict belongs to no sample of `known`.
 */
export function checkBatch(
  samples: readonly SampleKey[],
  verdicts: readonly SampleVerdict[],
  isKnown: (key: SampleKey) => boolean,
): void {
  const seen = new Set<string>();
  for (const key of samples) {
    if (seen.has(sampleKey(key))) {
      throw new UsageError(
        `Cannot store sample ${key.sample} of problem "${key.problemId}": it occurs twice in one call`,
      );
    }
    seen.add(sampleKey(key));
  }
  const judged = new Set<string>();
  for (const verdict of verdicts) {
    if (!isKnown(verdict)) throw unknownSample(verdict);
    const key = `${verdict.grader}\n${sampleKey(verdict)}`;
    if (judged.has(key)) {
      throw new UsageError(
        `Cannot store the verdict of grader "${verdict.grader}" on sample ${verdict.sample} of problem ` +
          `"${verdict.problemId}": it occurs twice in one call`,
      );
    }
    judged.add(key);
  }
}
