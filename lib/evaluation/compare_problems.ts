import { oncePer, UsageError } from "../core/mod.ts";
import { answerNormalForm } from "../grading/mod.ts";
import type { JudgedSample, SampleOutcome } from "../store/mod.ts";
import { bestOfK, majorityAtK, passAtK, type Vote } from "./statistics/mod.ts";

/** A sample with the one verdict that counts. */
export interface GradedSample {
  readonly answer: string | null;
  /** What the sample votes for: equal for equal answers; `null` without an answer. */
  readonly group: string | null;
  readonly outcome: SampleOutcome;
  readonly correct: boolean;
  readonly score: number | null;
  /** Policy tokens, prompt included, and PPM tokens. */
  readonly tokens: number;
  /** Of these, the PPM's. */
  readonly ppmTokens: number;
}

/** Samples of one problem. */
export interface GradedProblem {
  readonly problemId: string;
  /** By index; samples that the machinery failed are not among them. */
  readonly samples: readonly GradedSample[];
  /** Samples that the machinery failed: neither right nor wrong. */
  readonly failed: number;
}

/** What is measured of a problem's samples; an evaluation's score is the mean over its problems. */
export interface ProblemMetric {
  /** As printed: `avg@8`, `pass@4`, `maj@16`. */
  readonly name: string;
  /** Samples that a problem must have. */
  readonly k: number;
  readonly score: (samples: readonly GradedSample[]) => number;
}

/**
 * Joins samples with the verdict of one grader, by problem, in the order given.
 *
 * @throws {UsageError} If an answered sample has no verdict of this grader.
 */
export function gradeProblems(
  samples: readonly JudgedSample[],
  grader: string,
): readonly GradedProblem[] {
  const groupOf = answerGroups();
  const problems = new Map<string, { samples: GradedSample[]; failed: number }>();
  for (const sample of samples) {
    const problem = problems.get(sample.problemId) ?? { samples: [], failed: 0 };
    if (sample.outcome === "infrastructure") problem.failed++;
    else problem.samples.push(gradedSample(sample, { grader, groupOf }));
    problems.set(sample.problemId, problem);
  }
  return [...problems].map(([problemId, problem]) => ({ problemId, ...problem }));
}

/** Share of right samples: pass@1, averaged over k samples. */
export function averageMetric(k: number): ProblemMetric {
  return {
    name: k === 1 ? "pass@1" : `avg@${k}`,
    k,
    score: (samples) => samples.filter(({ correct }) => correct).length / samples.length,
  };
}

/** Chance that at least one of k samples is right. */
export function passMetric(k: number): ProblemMetric {
  return {
    name: `pass@${k}`,
    k,
    score: (samples) => {
      const correct = samples.filter((sample) => sample.correct).length;
      return passAtK({ samples: samples.length, correct }, k);
    },
  };
}

/** Chance that a majority of k samples is right; ties count as the share of tied answers that is right. */
export function majorityMetric(k: number): ProblemMetric {
  return {
    name: `maj@${k}`,
    k,
    score: (samples) => majorityAtK(votesOf(samples), k),
  };
}

const votesOf = oncePer((samples: readonly GradedSample[]): readonly Vote[] =>
  samples.map(({ group, correct }) => ({ answer: group, correct }))
);

/** Chance that the best scored of k samples is right. */
export function bestOfMetric(k: number): ProblemMetric {
  return { name: `best-of-${k}`, k, score: (samples) => bestOfK(samples, k) };
}

type GroupOf = (answer: string | null, correct: boolean) => string | null;

function gradedSample(
  sample: JudgedSample,
  { grader, groupOf }: { readonly grader: string; readonly groupOf: GroupOf },
): GradedSample {
  const { answer, outcome, score } = sample;
  const verdict = sample.verdicts.find((candidate) => candidate.grader === grader);
  if (verdict === undefined && outcome === "answered") {
    const have = sample.verdicts.map((other) => other.grader).join(", ") || "none";
    throw new UsageError(
      `Cannot read sample ${sample.sample} of problem "${sample.problemId}": expected a verdict of grader "${grader}", got ${have}; ` +
        "apply it with eval regrade",
    );
  }
  const correct = verdict?.correct ?? false;
  const tokens = sample.promptTokens + sample.generatedTokens + sample.ppmTokens;
  const { ppmTokens } = sample;
  return { answer, group: groupOf(answer, correct), outcome, correct, score, tokens, ppmTokens };
}

/**
 * Names of groups of equal answers. Answers that were judged right all equal the reference and so each other; wrong ones are grouped
 * by their normal form, which is worked out once for each text.
 */
function answerGroups(): GroupOf {
  const known = new Map<string, string>();
  return (answer, correct) => {
    if (answer === null) return null;
    if (correct) return "right";
    let group = known.get(answer);
    if (group === undefined) {
      group = `wrong ${answerNormalForm(answer)}`;
      known.set(answer, group);
    }
    return group;
  };
}
