import assert from "node:assert/strict";
import fc from "fast-check";
import { armFigures, type ArmMeasure, compareArms } from "../../lib/ablation/mod.ts";

const ARMS = [{ name: "a", meaning: "" }, { name: "b", meaning: "" }];

const measure = (
  scores: Readonly<Record<string, readonly number[]>>,
  figures: Readonly<Record<string, number | null>> = {},
): ArmMeasure => ({
  scores: Object.entries(scores).map(([metric, values]) => ({
    metric,
    scores: new Map(values.map((value, i) => [`p${i}`, value])),
  })),
  figures,
});

Deno.test("compareArms() gives every arm's mean, and its difference to the first one seed by seed", () => {
  const rows = compareArms(ARMS, [
    new Map([["a", measure({ m: [0, 0, 1, 1] })], ["b", measure({ m: [1, 0, 1, 1] })]]),
    new Map([["a", measure({ m: [0, 0, 0, 1] })], ["b", measure({ m: [1, 1, 0, 1] })]]),
  ]);
  assert.deepEqual(
    rows.map(({ arm, estimate, problems, perSeed, difference }) => ({
      arm,
      estimate,
      problems,
      perSeed,
      difference: difference?.difference ?? null,
      bySeed: difference?.perSeed ?? null,
      degreesOfFreedom: difference?.degreesOfFreedom ?? null,
    })),
    [
      {
        arm: "a",
        estimate: 0.375,
        problems: 4,
        perSeed: [0.5, 0.25],
        difference: null,
        bySeed: null,
        degreesOfFreedom: null,
      },
      {
        arm: "b",
        estimate: 0.75,
        problems: 4,
        perSeed: [0.75, 0.75],
        difference: 0.375,
        bySeed: [0.25, 0.5],
        degreesOfFreedom: 1,
      },
    ],
  );
});

Deno.test("compareArms() pairs by problem, whatever the order in which they were measured", () => {
  const turned: ArmMeasure = {
    scores: [{ metric: "m", scores: new Map([["p1", 0], ["p0", 1]]) }],
    figures: {},
  };
  const [, row] = compareArms(ARMS, [new Map([["a", measure({ m: [1, 0] })], ["b", turned]])]);
  assert.equal(row?.difference?.difference, 0);
  assert.equal(row?.difference?.p, 1);
  assert.deepEqual(
    row?.difference?.interval,
    { low: -1, high: 1 },
    "two problems can show nothing",
  );
});

Deno.test("compareArms() compares chosen problems where all seeds chose them", () => {
  const chosen = (scores: Readonly<Record<string, number>>): ArmMeasure => ({
    scores: [{ metric: "m", scores: new Map(Object.entries(scores)), isChosen: true }],
    figures: {},
  });
  const one = new Map([["a", chosen({ p: 0, q: 1 })], ["b", chosen({ p: 1, q: 1 })]]);
  const two = new Map([["a", chosen({ q: 0, r: 1 })], ["b", chosen({ q: 1, r: 0 })]]);
  assert.deepEqual(
    compareArms(ARMS, [one, two]).map(({ arm, estimate, problems, perSeed }) => ({
      arm,
      estimate,
      problems,
      perSeed,
    })),
    [
      { arm: "a", estimate: 0.5, problems: 1, perSeed: [1, 0] },
      { arm: "b", estimate: 1, problems: 1, perSeed: [1, 1] },
    ],
  );
  const other = new Map([["a", chosen({ s: 0 })], ["b", chosen({ s: 1 })]]);
  assert.deepEqual(compareArms(ARMS, [one, other]), []);
  assert.deepEqual(compareArms(ARMS, [one, new Map()]), []);
});

Deno.test("compareArms() leaves an arm out of a metric that it has not, and refuses halves", () => {
  const seed = new Map([["a", measure({ m: [1], n: [0] })], ["b", measure({ m: [0] })]]);
  assert.deepEqual(compareArms(ARMS, [seed]).map(({ metric, arm }) => `${metric} ${arm}`), [
    "m a",
    "m b",
    "n a",
  ]);
  assert.throws(
    () => compareArms(ARMS, [seed, new Map([["a", measure({ m: [1] })]])]),
    { message: 'Cannot compare "m" of arm "b": expected the same problems with every seed' },
  );
  assert.throws(
    () => compareArms(ARMS, [new Map([["a", measure({ m: [1] })], ["b", measure({ m: [1, 0] })]])]),
    { message: 'Cannot compare "m" of arm "b": expected the problems of the first arm' },
  );
  assert.throws(() => compareArms(ARMS, []), { name: "RangeError" });
});

Deno.test("an arm that equals the first one differs by nothing, and estimates lie in their intervals", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom(0, 0.5, 1), { minLength: 6, maxLength: 6 }), {
        minLength: 1,
        maxLength: 3,
      }),
      (seeds) => {
        const rows = compareArms(
          ARMS,
          seeds.map((m) => new Map([["a", measure({ m })], ["b", measure({ m })]])),
        );
        for (const { estimate, interval, difference } of rows) {
          assert.ok(interval.low <= estimate + 1e-9 && estimate <= interval.high + 1e-9);
          if (difference === null) continue;
          assert.deepEqual([difference.difference, difference.p], [0, 1]);
        }
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("armFigures() gives figures by seed, and means what is known", () => {
  const seeds = [
    new Map([["a", measure({}, { tokens: 10, coverage: null })], ["b", measure({}, {})]]),
    new Map([["a", measure({}, { tokens: 20, coverage: null })]]),
  ];
  assert.deepEqual(armFigures(ARMS, seeds), [
    {
      arm: "a",
      figures: { tokens: 15, coverage: null },
      perSeed: { tokens: [10, 20], coverage: [null, null] },
    },
    { arm: "b", figures: {}, perSeed: {} },
  ]);
});
