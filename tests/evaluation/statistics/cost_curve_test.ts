import assert from "node:assert/strict";
import { seededRandom } from "../../../lib/core/mod.ts";
import { compareAtEqualCost, costCurve } from "../../../lib/evaluation/statistics/mod.ts";
import { assertClose } from "./_close.ts";

const ks = [1, 2, 4];
/** Two kinds of problems: cheap ones that are always solved, dear ones that are solved with more samples. */
const problems = Array.from({ length: 60 }, (_, i) => i % 2 === 0);
const baseline = {
  ks,
  scores: ks.map((k) => problems.map((isCheap) => isCheap ? 1 : k / 4)),
  costs: problems.map((isCheap) => isCheap ? 100 : 300),
};
const options = { resamples: 1000, seed: 1 };

Deno.test("costCurve() gives mean score against mean cost", () => {
  const points = costCurve(baseline, options);
  assert.deepEqual(points.map(({ k, cost, score }) => ({ k, cost, score })), [
    { k: 1, cost: 200, score: .625 },
    { k: 2, cost: 400, score: .75 },
    { k: 4, cost: 800, score: 1 },
  ]);
  const [first] = points;
  assert.ok(first !== undefined && first.costInterval.low < 200 && first.costInterval.high > 200);
  assert.ok(first.scoreInterval.low < .625 && first.scoreInterval.high > .625);
});

Deno.test("compareAtEqualCost() reads the baseline's curve at the method's mean cost", () => {
  const method = { scores: problems.map(() => .9), costs: problems.map(() => 600) };
  const result = compareAtEqualCost(method, baseline, options);
  assert.equal(result.cost, 600);
  assert.equal(result.baselineSamples, 3);
  assertClose(result.baselineScore as number, .875);
  assertClose(result.difference?.difference as number, .025);
  assert.ok(result.beyondCurve < .05);
});

Deno.test("compareAtEqualCost() of the baseline with itself shows no difference", () => {
  const method = {
    scores: baseline.scores[1] as number[],
    costs: baseline.costs.map((cost) => 2 * cost),
  };
  const { difference } = compareAtEqualCost(method, baseline, options);
  assert.deepEqual(difference, { difference: 0, interval: { low: 0, high: 0 }, p: 1 });
});

Deno.test("compareAtEqualCost() compares nothing beyond the baseline's curve", () => {
  for (const price of [100, 1000]) {
    const method = { scores: problems.map(() => 1), costs: problems.map(() => price) };
    const result = compareAtEqualCost(method, baseline, options);
    assert.equal(result.baselineScore, null);
    assert.equal(result.difference, null);
    assert.equal(result.beyondCurve, 1);
  }
});

Deno.test("compareAtEqualCost() finds a method that is better for the same money", () => {
  const random = seededRandom(4);
  const method = {
    scores: problems.map((isCheap) => isCheap || random() < .95 ? 1 : 0),
    costs: problems.map((isCheap) => isCheap ? 300 : 600),
  };
  const { difference } = compareAtEqualCost(method, baseline, options);
  assert.ok(difference !== null && difference.interval.low > 0 && difference.p < .05);
});

Deno.test("costCurve() refuses what makes no curve", () => {
  assert.throws(() => costCurve({ ...baseline, ks: [1, 1, 2] }), {
    message: "Cannot compute a cost curve of 1, 1, 2 samples: expected them to rise from 1 on",
  });
  assert.throws(() => costCurve({ ks: [1], scores: [[1]], costs: [0] }), {
    message: "Cannot compute a cost curve of samples that cost nothing: expected counted tokens",
  });
  assert.throws(() => costCurve({ ks: [1], scores: [[1, 0]], costs: [1] }), RangeError);
});
