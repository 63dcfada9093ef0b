import type { JudgedSample } from "../../lib/store/mod.ts";

/** Grader of the samples below. */
export const GRADER = "test-1";

/** A judged sample: `answer` equal to `"ok"` is right, `null` is no answer. */
export function judgedSample(
  problemId: string,
  answer: string | null,
  more: Partial<JudgedSample> = {},
): JudgedSample {
  const outcome = more.outcome ?? (answer === null ? "no_answer" : "answered");
  return {
    problemId,
    sample: 0,
    answer,
    outcome,
    score: null,
    promptTokens: 10,
    generatedTokens: 90,
    ppmTokens: 0,
    wallMs: 1,
    trace: null,
    verdicts: outcome === "infrastructure" ? [] : [{
      grader: GRADER,
      correct: answer === "ok",
      stage: "exact",
      reason: "",
      elapsedMs: 0,
      vote: null,
    }],
    ...more,
  };
}

/** One sample a problem: `rights` holds a character a problem, `1` for right. */
export function singleSamples(rights: string): readonly JudgedSample[] {
  return [...rights].map((right, i) => judgedSample(`p/${i}`, right === "1" ? "ok" : "7"));
}
