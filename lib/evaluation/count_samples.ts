import { z } from "zod";
import type { JudgedSample } from "../store/evaluation_store.ts";

/** How samples ended; every sample that was wanted is in exactly one of the first seven. */
export interface SampleCounts {
  readonly right: number;
  /** Answered, and judged wrong. */
  readonly wrong: number;
  readonly noAnswer: number;
  readonly truncated: number;
  readonly failedExecution: number;
  /** Answered, but the grader ran out of time; counts as wrong. */
  readonly graderTimeout: number;
  /** Not there: not made yet, not judged yet, or failed by the machinery. Never counted as wrong. */
  readonly missing: number;
  /** Of the missing ones, those that the machinery failed; they are made again. */
  readonly infrastructure: number;
  /** Answers that were taken from text which does not follow the format. */
  readonly loose: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly ppmTokens: number;
  /** Seconds of all samples added up; samples that ran at the same time count each. */
  readonly sampleSeconds: number;
}

const Loose = z.object({ loose: z.string() });

/** Counts samples by how they ended. */
export function countSamples(
  samples: readonly JudgedSample[],
  { grader, wanted }: { readonly grader: string; readonly wanted: number },
): SampleCounts {
  const ends = {
    right: 0,
    wrong: 0,
    noAnswer: 0,
    truncated: 0,
    failedExecution: 0,
    graderTimeout: 0,
  };
  const sums = { promptTokens: 0, generatedTokens: 0, ppmTokens: 0, sampleSeconds: 0 };
  let infrastructure = 0;
  let loose = 0;
  for (const sample of samples) {
    sums.promptTokens += sample.promptTokens;
    sums.generatedTokens += sample.generatedTokens;
    sums.ppmTokens += sample.ppmTokens;
    sums.sampleSeconds += sample.wallMs / 1000;
    if (sample.outcome === "infrastructure") infrastructure++;
    const end = endOf(sample, grader);
    if (end === null) continue;
    ends[end]++;
    if (Loose.safeParse(sample.trace).success) loose++;
  }
  const made = Object.values(ends).reduce((a, b) => a + b, 0);
  return { ...ends, missing: wanted - made, infrastructure, loose, ...sums };
}

function endOf(sample: JudgedSample, grader: string) {
  const verdict = sample.verdicts.find((one) => one.grader === grader);
  if (verdict === undefined) return null;
  switch (sample.outcome) {
    case "infrastructure":
      return null;
    case "no_answer":
      return "noAnswer";
    case "truncated":
      return "truncated";
    case "failed_execution":
      return "failedExecution";
    case "answered":
      if (verdict.correct) return "right";
      return verdict.reason === "timeout" ? "graderTimeout" : "wrong";
  }
}
