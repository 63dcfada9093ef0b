import assert from "node:assert/strict";
import { costOf, scoresAtCost } from "../../lib/ablation/_equal_cost.ts";
import { type GradedProblem, type GradedSample, majorityMetric } from "../../lib/evaluation/mod.ts";

const sample = (correct: boolean, tokens: number, ppmTokens: number): GradedSample => ({
  answer: correct ? "1" : "2",
  group: correct ? "1" : "2",
  isGroupRight: correct,
  outcome: "answered",
  correct,
  score: null,
  tokens,
  ppmTokens,
});

const PROBLEMS: readonly GradedProblem[] = [
  {
    problemId: "a",
    samples: [sample(true, 30, 10), sample(false, 30, 10), sample(false, 30, 10)],
    failed: 0,
  },
  {
    problemId: "b",
    samples: [sample(true, 50, 10), sample(true, 50, 10), sample(true, 50, 10)],
    failed: 0,
  },
];

Deno.test("costOf() means tokens over problems, with or without the PPM's", () => {
  assert.equal(costOf(PROBLEMS), 40);
  assert.equal(costOf(PROBLEMS, { withPpm: false }), 30);
});

Deno.test("scoresAtCost() reads scores off between whole numbers of samples", () => {
  const costed = (cost: number, withPpm = true) =>
    scoresAtCost(PROBLEMS, { rule: majorityMetric, cost, withPpm });
  const at = (cost: number, withPpm = true) => Object.fromEntries(costed(cost, withPpm).scores);
  // One of three is right: alone 1/3; of two 1/3 (ties count half); of three never.
  assert.deepEqual(at(40), { a: 1 / 3, b: 1 });
  assert.deepEqual(at(120), { a: 0, b: 1 });
  assert.ok(Math.abs((at(100)["a"] ?? NaN) - (1 / 3) / 2) < 1e-12);
  assert.deepEqual(at(90, false), { a: 0, b: 1 }, "without the PPM, 90 tokens are three samples");
  assert.deepEqual(at(10), { a: 1 / 3, b: 1 }, "never fewer than one");
  assert.deepEqual(at(1e6), { a: 0, b: 1 }, "never more than there are");
  assert.deepEqual([10, 100, 1e6].map((cost) => costed(cost).tokens), [40, 100, 120]);
});
