import assert from "node:assert/strict";
import { compareEqualTokens, gradeProblems, tokenCurve } from "../../lib/evaluation/mod.ts";
import { GRADER, judgedSample } from "./_samples.ts";

/** Eight samples a problem at 100 tokens: even problems are right half of the time, odd ones never. */
const sampled = {
  label: "sampling",
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
  const { points } = tokenCurve({ label: "x", problems, rule: "pass" }, { resamples: 100 });
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
    isScoredAfterwards: true,
    samples: sampled.samples.map((sample) => ({ ...sample, ppmTokens: 100 })),
  };
  const samplesOf = (rule: "maj" | "pass" | "best-of", baseline = scored) =>
    compareEqualTokens(search, baseline, { ...options, rule }).baselineSamples;
  assert.deepEqual([samplesOf("maj"), samplesOf("pass"), samplesOf("best-of")], [4, 4, 2]);
  assert.equal(samplesOf("maj", { ...scored, isScoredAfterwards: false }), 2);
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
