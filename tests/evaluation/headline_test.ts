import assert from "node:assert/strict";
import {
  compareEvaluations,
  gradeProblems,
  headlineAnswer,
  headlineMetric,
  headlineRule,
  summarise,
} from "../../lib/evaluation/mod.ts";
import { EVALUATION_MODES, type Problem } from "../../lib/core/mod.ts";
import type { JudgedSample } from "../../lib/store/mod.ts";
import { GRADER, judgedSample } from "./_samples.ts";

const PROBLEMS: readonly Problem[] = Array.from({ length: 12 }, (_, i) => ({
  id: `p/${i}`,
  source: "s",
  question: `Question ${i}?`,
  answer: "ok",
  level: null,
  meta: {},
}));

/** Four samples a problem, two of them right; the PPM scores the right ones so much higher. */
function scored(lead: number): readonly JudgedSample[] {
  return PROBLEMS.flatMap(({ id }) =>
    [0, 1, 2, 3].map((sample) => {
      const isRight = sample % 2 === 0;
      return judgedSample(id, isRight ? "ok" : `${sample}`, {
        sample,
        score: isRight ? lead + sample : sample / 10,
      });
    })
  );
}

Deno.test("headlineMetric() is the mean of samples, and the chosen one where the PPM has scored them", () => {
  const named = (samples: number) =>
    EVALUATION_MODES.map((mode) => {
      const { name, k, paid } = headlineMetric(mode, samples);
      return [mode, name, k, paid];
    });
  assert.deepEqual(named(1).map(([, ...rest]) => rest), Array(5).fill(["pass@1", 1, 1]));
  assert.deepEqual(named(4), [
    ["greedy", "avg@4", 4, 1],
    ["sample", "avg@4", 4, 1],
    ["bon", "best-of-4", 4, 4],
    ["mcts", "best-of-4", 4, 4],
    ["beam", "best-of-4", 4, 4],
  ]);
});

Deno.test("what is compared is the headline, in every mode", () => {
  const [good, bad] = [scored(5), scored(-9)];
  for (const mode of EVALUATION_MODES) {
    const options = { mode, problems: PROBLEMS, samples: 4, grader: GRADER, calibration: null };
    const headlines = [good, bad].map((samples) => summarise(samples, options).headline);
    const comparison = compareEvaluations(
      { label: "good PPM", mode, samples: good },
      { label: "bad PPM", mode, samples: bad },
      { grader: GRADER },
    );
    assert.equal(comparison.metric, headlines[0]?.metric);
    assert.deepEqual(
      [comparison.first.value, comparison.second.value],
      headlines.map((row) => row?.value),
    );
    const isChoice = mode === "bon" || mode === "mcts" || mode === "beam";
    assert.deepEqual(headlines.map((row) => row?.value), isChoice ? [1, 0] : [.5, .5]);
    assert.equal(comparison.verdict, isChoice ? "better" : "no difference shown");
  }
});

Deno.test("two modes are compared each by its own headline, and both are named", () => {
  const greedy = PROBLEMS.map(({ id }) => judgedSample(id, "7"));
  const comparison = compareEvaluations(
    { label: "search", mode: "mcts", samples: scored(5) },
    { label: "greedy", mode: "greedy", samples: greedy },
    { grader: GRADER },
  );
  assert.equal(comparison.metric, "best-of-4 against pass@1");
  assert.deepEqual([comparison.first.value, comparison.second.value], [1, 0]);
});

Deno.test("headlineAnswer() is the one that the headline is about", () => {
  const samples = ["7", "8", "8", null].map((answer, sample) =>
    judgedSample("p", answer, { sample, score: answer === null ? null : [2, 1, 0][sample] ?? 0 })
  );
  const graded = gradeProblems(samples, GRADER)[0]?.samples ?? [];
  assert.deepEqual(EVALUATION_MODES.map((mode) => headlineAnswer(mode, graded)), [
    ...["8", "8"],
    ...["7", "7", "7"],
  ]);
  assert.equal(headlineAnswer("sample", graded.slice(3)), null);
  assert.equal(headlineAnswer("bon", graded.slice(3)), null);
  assert.deepEqual(EVALUATION_MODES.map(headlineRule), [
    "maj",
    "maj",
    "best-of",
    "best-of",
    "best-of",
  ]);
});
