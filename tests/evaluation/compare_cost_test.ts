import assert from "node:assert/strict";
import { compareEqualTokens, gradeProblems, tokenCurve } from "../../lib/evaluation/mod.ts";
import { GRADER, judgedSample } from "./_samples.ts";

/** Eight samples a problem at 100 tokens: even problems are right half of the time, odd ones never. */
const sampled = {
  label: "sampling",
  mode: "sample" as const,
  samples: Array.from({ length: 20 * 8 }, (_, i) => {
    const problem = i % 20;
    const sample = Math.floor(i / 20);
    const isRight = problem % 2 === 0 && sample % 2 === 0;
    return judgedSample(`p/${problem}`, isRight ? "ok" : String(sample), {
      sample,
      score: isRight ? 1 : 0,
    });
  }),
};
/** A search that costs as much as four samples and solves three problems of four. */
const search = {
  label: "search",
  mode: "mcts" as const,
  samples: Array.from({ length: 20 }, (_, i) =>
    judgedSample(`p/${i}`, i % 4 === 3 ? "7" : "ok", {
      promptTokens: 100,
      generatedTokens: 250,
      ppmTokens: 50,
    })),
};
const options = { grader: GRADER, resamples: 500 };

Deno.test("tokenCurve() counts the tokens of all samples that were drawn", () => {
  const problems = gradeProblems(sampled.samples, GRADER);
  const { points } = tokenCurve({ label: "x", problems, rule: "pass", mode: "sample" }, {
    resamples: 100,
  });
  assert.deepEqual(points.map(({ k, cost }) => [k, cost]), [[1, 100], [2, 200], [4, 400], [
    8,
    800,
  ]]);
  assert.equal(points[0]?.score, .25);
  assert.equal(points[3]?.score, .5);
});

Deno.test("compareEqualTokens() gives the baseline as many tokens as the method used", () => {
  const result = compareEqualTokens(search, sampled, { ...options, rule: "best-of" });
  assert.equal(result.cost, 400);
  assert.equal(result.baselineSamples, 4);
  assert.equal(result.score, .75);
  // Scores that know the truth: best-of-4 is pass@4 with half of eight samples right, 1 - C(4,4)/C(8,4).
  assert.equal(result.baselineScore?.toFixed(6), (.5 * (1 - 1 / 70)).toFixed(6));
  assert.deepEqual(result.labels, ["search", "sampling"]);
  assert.ok((result.difference?.interval.low ?? -1) > 0);
});

Deno.test("a vote does not pay for a PPM that it does not ask, and a search does", () => {
  const scored = {
    ...sampled,
    mode: "bon" as const,
    samples: sampled.samples.map((sample) => ({ ...sample, ppmTokens: 100 })),
  };
  const samplesOf = (
    rule: "maj" | "pass" | "best-of",
    baseline: Parameters<typeof compareEqualTokens>[1] = scored,
  ) => compareEqualTokens(search, baseline, { ...options, rule }).baselineSamples;
  assert.deepEqual([samplesOf("maj"), samplesOf("pass"), samplesOf("best-of")], [4, 4, 2]);
  assert.equal(samplesOf("maj", { ...scored, mode: "beam" }), 2);
});

Deno.test("compareEqualTokens() says so when the baseline has too few samples", () => {
  const dear = {
    ...search,
    samples: search.samples.map((sample) => ({ ...sample, generatedTokens: 5000 })),
  };
  const result = compareEqualTokens(dear, sampled, { ...options, rule: "maj" });
  assert.equal(result.difference, null);
  assert.equal(result.baselineScore, null);
  assert.ok(result.baselineSamples > 8);
});

Deno.test("compareEqualTokens() takes a choice among several searches for what it is, at the price of all of them", () => {
  const both = {
    ...search,
    samples: search.samples.flatMap((sample) => [
      { ...sample, promptTokens: 50, generatedTokens: 50, score: -1 },
      {
        ...judgedSample(sample.problemId, "ok", { sample: 1, score: 2 }),
        promptTokens: 100,
        generatedTokens: 150,
        ppmTokens: 50,
      },
    ]),
  };
  const result = compareEqualTokens(both, sampled, { ...options, rule: "maj" });
  assert.deepEqual([result.metric, result.score, result.cost], ["best-of-2", 1, 450]);
});

Deno.test("compareEqualTokens() refuses to choose the best of what nobody scored", () => {
  const unscored = {
    ...sampled,
    samples: sampled.samples.map((sample) => ({ ...sample, score: null })),
  };
  assert.throws(() => compareEqualTokens(search, unscored, { ...options, rule: "best-of" }), {
    name: "UsageError",
    message:
      'Cannot choose the best samples of "sampling": no PPM has scored them; measure it in mode bon, or take --rule maj',
  });
});
