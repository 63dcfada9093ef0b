/** Where two graders disagree: what a person should look at. Pure functions of stored verdicts. */
import type { JudgedSample } from "../store/evaluation_store.ts";

/** Answers of a problem that two graders judge differently. */
export interface Disagreement {
  readonly problemId: string;
  readonly answer: string;
  /** Samples with this answer. */
  readonly samples: number;
  /** Which of the two accepts it, and why each judged as it did. */
  readonly acceptedBy: string;
  readonly refusedBy: string;
  readonly reasons: readonly [string, string];
}

/** Result of comparing two graders on the same samples. */
export interface Audit {
  /** Samples that both have judged. */
  readonly samples: number;
  readonly agreed: number;
  /** Equal answers of a problem are one entry; most frequent first. */
  readonly disagreements: readonly Disagreement[];
}

/** Compares the verdicts of two graders. Samples that one of them has not judged are left out. */
export function auditVerdicts(
  samples: readonly JudgedSample[],
  graders: readonly [string, string],
): Audit {
  const found = new Map<string, Disagreement>();
  let both = 0;
  let agreed = 0;
  for (const { problemId, answer, verdicts } of samples) {
    const [first, second] = graders.map((name) => verdicts.find(({ grader }) => grader === name));
    if (first === undefined || second === undefined) continue;
    both++;
    if (first.correct === second.correct) {
      agreed++;
      continue;
    }
    const key = `${problemId}\n${answer}`;
    found.set(key, {
      problemId,
      answer: answer ?? "",
      samples: (found.get(key)?.samples ?? 0) + 1,
      acceptedBy: first.correct ? graders[0] : graders[1],
      refusedBy: first.correct ? graders[1] : graders[0],
      reasons: [first.reason, second.reason],
    });
  }
  const disagreements = [...found.values()].sort((a, b) => b.samples - a.samples);
  return { samples: both, agreed, disagreements };
}

/** Samples as one grader, or one version of it, judged them. */
export interface GradedBy {
  readonly samples: readonly JudgedSample[];
  readonly grader: string;
}

/** How verdicts changed from one grader, or version, to another. */
export interface VerdictChanges {
  /** Samples that both have judged. */
  readonly samples: number;
  /** Problems of which more, and fewer, samples are right now. */
  readonly nowRight: readonly string[];
  readonly nowWrong: readonly string[];
}

/** Compares the verdicts before with those after. */
export function verdictChanges(before: GradedBy, after: GradedBy): VerdictChanges {
  const earlier = new Map(
    before.samples.map((sample) => [keyOf(sample), correctBy(sample, before.grader)]),
  );
  const gains = new Map<string, number>();
  let both = 0;
  for (const sample of after.samples) {
    const was = earlier.get(keyOf(sample));
    const is = correctBy(sample, after.grader);
    if (was === undefined || was === null || is === null) continue;
    both++;
    const { problemId } = sample;
    gains.set(problemId, (gains.get(problemId) ?? 0) + Number(is) - Number(was));
  }
  const where = (sign: number) =>
    [...gains].filter(([, gain]) => Math.sign(gain) === sign).map(([problemId]) => problemId);
  return { samples: both, nowRight: where(1), nowWrong: where(-1) };
}

function keyOf({ problemId, sample }: JudgedSample): string {
  return `${sample}/${problemId}`;
}

function correctBy({ verdicts }: JudgedSample, grader: string): boolean | null {
  return verdicts.find((verdict) => verdict.grader === grader)?.correct ?? null;
}
