import { oncePer, UsageError } from "../core/mod.ts";
import { answerNormalForm } from "../grading/mod.ts";
import type { JudgedSample, SampleOutcome } from "../store/mod.ts";
import { bestOfK, majorityAnswer, majorityAtK, passAtK, type Vote } from "./statistics/mod.ts";

/** A sample with the one verdict that counts. */
export interface GradedSample {
  readonly answer: string | null;
  /** Group of answers that the sample votes for: the same for equal answers, right or wrong; `null` without an answer. */
  readonly group: string | null;
  /** Whether what it votes for is right: the judgement of the group's first answer, which speaks for all of them. */
  readonly isGroupRight: boolean;
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

/** Metric of a problem's samples; an evaluation's score is the mean over its problems. */
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
  const formOf = normalForms();
  return [...Map.groupBy(samples, ({ problemId }) => problemId)].map(([problemId, all]) => {
    const made = all.filter(({ outcome }) => outcome !== "infrastructure");
    const judged = made.map((sample) => ({ sample, verdict: verdictOf(sample, grader) }));
    const groups = voteGroups(judged, formOf);
    const right = new Map<string, boolean>();
    for (const [i, { verdict }] of judged.entries()) {
      const group = groups[i] ?? null;
      if (group !== null && !right.has(group)) right.set(group, verdict?.correct ?? false);
    }
    return {
      problemId,
      samples: judged.map(({ sample, verdict }, i) => {
        const group = groups[i] ?? null;
        const isGroupRight = group !== null && right.get(group) === true;
        return gradedSample(sample, { correct: verdict?.correct ?? false, group, isGroupRight });
      }),
      failed: all.length - made.length,
    };
  });
}

/**
 * Whether every vote of several samples was grouped by the grader that judged it. Where not, as in what earlier versions judged, answers
 * are grouped by their normal form alone, which keeps apart what only the symbolic stage knows to be equal.
 */
export function areVotesGrouped(samples: readonly JudgedSample[], grader: string): boolean {
  return [...Map.groupBy(samples, ({ problemId }) => problemId).values()].every((all) => {
    const votes = all.filter(isVote).map((sample) => verdictOf(sample, grader)?.vote ?? null);
    return votes.length < 2 || votes.every((vote) => vote !== null);
  });
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
  samples.map(({ group, isGroupRight }) => ({ answer: group, correct: isGroupRight }))
);

/** The answer of most samples, as it was written first; of equally frequent ones the one drawn first. `null` without any. */
export function votedAnswer(samples: readonly GradedSample[]): string | null {
  const winner = majorityAnswer(votesOf(samples));
  return samples.find(({ group }) => group !== null && group === winner)?.answer ?? null;
}

/** The sample that the PPM scores highest; of equals the one drawn first. */
export function bestScored(samples: readonly GradedSample[]): GradedSample | null {
  const scoreOf = ({ score }: GradedSample) => score ?? -Infinity;
  return samples.reduce<GradedSample | null>(
    (best, sample) => best === null || scoreOf(sample) > scoreOf(best) ? sample : best,
    null,
  );
}

/** Chance that the best scored of k samples is right. */
export function bestOfMetric(k: number): ProblemMetric {
  return { name: `best-of-${k}`, k, score: (samples) => bestOfK(samples, k) };
}

type Verdict = JudgedSample["verdicts"][number];

/** @throws {UsageError} If an answered sample has none of this grader. */
function verdictOf(sample: JudgedSample, grader: string): Verdict | undefined {
  const verdict = sample.verdicts.find((candidate) => candidate.grader === grader);
  if (verdict !== undefined || sample.outcome !== "answered") return verdict;
  const have = sample.verdicts.map((other) => other.grader).join(", ") || "none";
  throw new UsageError(
    `Cannot read sample ${sample.sample} of problem "${sample.problemId}": expected a verdict of grader "${grader}", got ${have}; ` +
      "apply it with eval regrade",
  );
}

function gradedSample(
  sample: JudgedSample,
  judgement: Pick<GradedSample, "correct" | "group" | "isGroupRight">,
): GradedSample {
  const { answer, outcome, score, ppmTokens } = sample;
  const tokens = sample.promptTokens + sample.generatedTokens + ppmTokens;
  return { answer, outcome, score, tokens, ppmTokens, ...judgement };
}

/** Whether a sample has a vote: one that names an answer. */
export function isVote({ answer, outcome }: JudgedSample): boolean {
  return answer !== null && outcome !== "infrastructure";
}

/**
 * Group that each sample of a problem votes for. Nothing here looks at whether an answer was judged right: a vote that knew the reference
 * would join all right answers and leave equal wrong ones apart.
 */
function voteGroups(
  judged: readonly { readonly sample: JudgedSample; readonly verdict: Verdict | undefined }[],
  formOf: (answer: string) => string,
): readonly (string | null)[] {
  const votes = judged.filter(({ sample }) => isVote(sample));
  const isGrouped = votes.every(({ verdict }) => typeof verdict?.vote === "number");
  return judged.map(({ sample, verdict }) => {
    if (sample.answer === null) return null;
    return isGrouped ? `as sample ${verdict?.vote}` : formOf(sample.answer);
  });
}

/** Normal forms of answers, each text worked out once. */
function normalForms(): (answer: string) => string {
  const known = new Map<string, string>();
  return (answer) => {
    let form = known.get(answer);
    if (form === undefined) {
      form = answerNormalForm(answer);
      known.set(answer, form);
    }
    return form;
  };
}
