import assert from "node:assert/strict";
import { type RoundMeasures, roundResults } from "../../lib/rounds/mod.ts";
import type { RunSummary } from "../../lib/store/mod.ts";

function measures(round: number, more: Partial<RoundMeasures> = {}): RoundMeasures {
  return {
    round,
    policy: null,
    search: null,
    trees: null,
    cumulative: null,
    leftAlone: null,
    undone: null,
    sftTraces: null,
    falseStepShare: null,
    pairs: null,
    heldOut: null,
    trainingTokens: null,
    evaluationTokens: null,
    seconds: {},
    ...more,
  };
}

/** Scores of problems a, b, c, … in order; 1 is right. */
function scores(marks: string): ReadonlyMap<string, boolean> {
  return new Map([...marks].map((mark, i) => [String.fromCharCode(97 + i), mark === "1"]));
}

const TREES: RunSummary = {
  trees: 9,
  nodes: 90,
  rollouts: 70,
  problems: 8,
  solved: 6,
  levels: [{ level: 1, problems: 5, solved: 5 }, { level: 2, problems: 3, solved: 1 }],
  trajectories: { correct: 10, wrong: 20 },
  depths: [],
  statuses: {},
  promptTokens: 100,
  generatedTokens: 20,
  ppmTokens: 3,
  treeSeconds: 1,
  price: null,
  failedAttempts: 0,
};

Deno.test("roundResults() of nothing measured is nothing, never zero", () => {
  const [result] = roundResults([measures(0)]);
  assert.deepEqual(result, {
    round: 0,
    policyPass1: null,
    searchPass1: null,
    policyChange: null,
    searchChange: null,
    ppmPairAccuracy: null,
    ppmPairAccuracyRound1: null,
    coverage: null,
    cumulativeCoverage: null,
    leftAlone: null,
    undone: null,
    levels: [],
    sftTraces: null,
    falseStepShare: null,
    pairs: null,
    tokens: 0,
    seconds: 0,
    stageSeconds: {},
  });
});

Deno.test("roundResults() gives shares with intervals, and adds up tokens and seconds", () => {
  const [result] = roundResults([
    measures(1, {
      policy: scores("1100"),
      trees: TREES,
      cumulative: { problems: 20, solved: 15 },
      leftAlone: 12,
      heldOut: { accuracy: 0.75, problems: 40, round1: { accuracy: 0.5, problems: 10 } },
      trainingTokens: 7,
      evaluationTokens: 5,
      seconds: { search: 2, ppm: 3 },
    }),
  ]);
  assert.equal(result?.policyPass1?.value, 0.5);
  // Wilson's interval of 2 in 4: (0.5 ± 1.96 · sqrt(1/16 + 1.96²/64) / …), from statsmodels.
  assert.deepEqual(
    [result?.policyPass1?.interval.low.toFixed(4), result?.policyPass1?.interval.high.toFixed(4)],
    ["0.1500", "0.8500"],
  );
  assert.equal(result?.coverage?.value, 0.75);
  assert.deepEqual([result?.cumulativeCoverage?.value, result?.cumulativeCoverage?.n], [0.75, 20]);
  assert.equal(result?.leftAlone, 12);
  assert.deepEqual(
    result?.levels.map(({ level, rate }) => [level, rate?.value, rate?.interval.low.toFixed(2)]),
    [[1, 1, "0.57"], [2, 1 / 3, "0.06"]],
  );
  assert.deepEqual([result?.ppmPairAccuracy?.value, result?.ppmPairAccuracy?.n], [0.75, 40]);
  // Problems count, not pairs: the interval is that of 5 in 10.
  const { value, n, interval } = result?.ppmPairAccuracyRound1 ?? {};
  assert.deepEqual([value, n, interval?.low.toFixed(4)], [0.5, 10, "0.2366"]);
  assert.deepEqual([result?.tokens, result?.seconds], [135, 5]);
});

Deno.test("roundResults() compares with the round before, problem by problem", () => {
  const results = roundResults([
    measures(0, { policy: scores("10000000") }),
    measures(1, { policy: scores("01111111") }),
    measures(2, { policy: scores("0111111111") }),
  ]);
  const first = results[1]?.policyChange;
  assert.deepEqual([first?.difference, first?.n], [0.75, 8]);
  // McNemar: 7 gained, 1 lost: 2 · (1 + 8) / 2⁸.
  assert.ok(Math.abs((first?.p ?? 0) - 18 / 256) < 1e-12);
  assert.deepEqual(
    [
      results[2]?.policyChange?.difference,
      results[2]?.policyChange?.n,
      results[2]?.policyChange?.p,
    ],
    [0, 8, 1],
    "only problems that both answered count",
  );
  assert.equal(results[0]?.policyChange, null);
});
