import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../../lib/core/mod.ts";
import {
  bootstrapInterval,
  clusteredStandardError,
  crossedBootstrap,
  crossedMean,
  effectiveTrials,
  holm,
  isNotLower,
  mcnemarExact,
  mean,
  minimumDetectableDifference,
  pairedDifference,
  signFlipDraws,
  signFlipInterval,
  standardDeviation,
  testByDraws,
  varianceParts,
  wilsonInterval,
} from "../../../lib/evaluation/statistics/mod.ts";
import { assertClose } from "./_close.ts";

const scores = fc.array(fc.integer({ min: 0, max: 8 }).map((c) => c / 8), {
  minLength: 2,
  maxLength: 40,
});

Deno.test("wilsonInterval() gives the figures of the design note", () => {
  const none = wilsonInterval({ successes: 0, trials: 30 });
  assert.equal(none.low, 0);
  assert.equal(none.high.toFixed(3), "0.114");
  const half = wilsonInterval({ successes: 15, trials: 30 });
  assert.deepEqual([half.low.toFixed(3), half.high.toFixed(3)], ["0.332", "0.668"]);
});

Deno.test("wilsonInterval() holds the observed share and refuses impossible ones", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (trials, c) => {
    const successes = c % (trials + 1);
    const { low, high } = wilsonInterval({ successes, trials });
    assert.ok(low >= 0 && low <= successes / trials && successes / trials <= high && high <= 1);
  }));
  for (const [successes, trials] of [[0, 0], [2, 1], [-1, 5], [NaN, 5]] as const) {
    assert.throws(() => wilsonInterval({ successes, trials }), RangeError);
  }
});

Deno.test("effectiveTrials() of single samples is the number of problems", () => {
  for (const right of [1, 15, 29]) {
    const values = Array.from({ length: 30 }, (_, i) => i < right ? 1 : 0);
    assertClose(effectiveTrials(mean(values), clusteredStandardError(values), 30), 30);
  }
  assert.equal(effectiveTrials(1, 0, 30), 30);
});

Deno.test("clusteredStandardError() of problems that are their own clusters is sd/√n", () => {
  fc.assert(fc.property(scores, (values) => {
    const plain = standardDeviation(values) / Math.sqrt(values.length);
    assertClose(clusteredStandardError(values), plain, 1e-7);
    assertClose(clusteredStandardError(values, values.map((_, i) => i)), plain, 1e-7);
  }));
});

Deno.test("clusteredStandardError() of doubled problems does not shrink", () => {
  const values = [0, 1, 1, 0, 0.5, 1, 0, 0];
  const doubled = [...values, ...values];
  const clusters = doubled.map((_, i) => `p${i % values.length}`);
  assertClose(clusteredStandardError(doubled, clusters), clusteredStandardError(values));
  assert.ok(clusteredStandardError(doubled) < clusteredStandardError(values) * 0.75);
});

Deno.test("clusteredStandardError() refuses a single cluster", () => {
  assert.throws(() => clusteredStandardError([0, 1], ["a", "a"]), {
    message: "Cannot compute a standard error of 1 values: expected at least 2",
  });
});

Deno.test("varianceParts() tells problems from sampling", () => {
  const random = seededRandom(11);
  const samples = 16;
  const draw = (p: number) =>
    Array.from({ length: samples }, () => random() < p ? 1 : 0).reduce<number>((a, b) => a + b, 0);
  const alike = varianceParts(Array.from({ length: 4000 }, () => draw(.5)), samples);
  assert.ok(
    alike.problems < 0.05 * alike.sampling,
    "problems that are all alike vary by sampling only",
  );
  const apart = varianceParts(Array.from({ length: 4000 }, (_, i) => draw(i % 2)), samples);
  assert.equal(apart.sampling, 0);
  assertClose(apart.problems * 4000, 0.25, 1e-3);
});

Deno.test("mcnemarExact() does not care which side won and needs six changes", () => {
  fc.assert(fc.property(fc.nat(400), fc.nat(400), (onlyFirst, onlySecond) => {
    const p = mcnemarExact({ onlyFirst, onlySecond });
    assert.ok(p > 0 && p <= 1);
    assert.equal(p, mcnemarExact({ onlyFirst: onlySecond, onlySecond: onlyFirst }));
  }));
  assert.ok(mcnemarExact({ onlyFirst: 5, onlySecond: 0 }) > .05);
  assert.ok(mcnemarExact({ onlyFirst: 6, onlySecond: 0 }) < .05);
  assert.throws(() => mcnemarExact({ onlyFirst: -1, onlySecond: 0 }), RangeError);
});

/** Differences of so many problems that are won and lost, and others. */
function changes(onlyFirst: number, onlySecond: number, problems: number): readonly number[] {
  return Array.from(
    { length: problems },
    (_, i) => i < onlyFirst ? 1 : i < onlyFirst + onlySecond ? -1 : 0,
  );
}

Deno.test("signFlipDraws() of single answers are McNemar's test, and its exact interval", () => {
  for (const [onlyFirst, onlySecond] of [[4, 0], [5, 0], [6, 0], [8, 2], [0, 5], [3, 3]] as const) {
    const { p, interval } = testByDraws([signFlipDraws(changes(onlyFirst, onlySecond, 100))]);
    assertClose(p, mcnemarExact({ onlyFirst, onlySecond }), 0.06);
    const exact = signFlipInterval({
      onlyFirst,
      onlySecond,
      unchanged: 100 - onlyFirst - onlySecond,
    });
    assert.ok(Math.abs(interval.low - exact.low) < 0.006, `${interval.low} for ${exact.low}`);
    assert.ok(Math.abs(interval.high - exact.high) < 0.006, `${interval.high} for ${exact.high}`);
  }
  assert.equal(testByDraws([signFlipDraws([0, 0, 0])]).p, 1);
});

Deno.test("pairedDifference() excludes 0 exactly where its p lies below the level", () => {
  const whole = fc.array(fc.constantFrom(-1, 0, 0, 1, 1), { minLength: 1, maxLength: 60 });
  const fractions = fc.array(fc.constantFrom(-.5, -.25, 0, .25, .25, .5, 1), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(
      fc.oneof(whole, fractions),
      fc.constantFrom(.8, .9, .95, .99),
      fc.constantFrom(1, 3),
      (differences, level, size) => {
        const clusters = differences.map((_, i) => Math.floor(i / size));
        const { difference, interval, p } = pairedDifference(
          differences,
          differences.map(() => 0),
          { level, resamples: 399, ...(size > 1 ? { clusters } : {}) },
        );
        assert.equal(interval.low > 0 || interval.high < 0, p < 1 - level - 1e-12);
        assert.ok(interval.low <= difference + 1e-9 && difference <= interval.high + 1e-9);
        assert.ok(interval.low >= -1 && interval.high <= 1);
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("crossedBootstrap() excludes the margin exactly where its p lies below the level", () => {
  const rows = fc.array(fc.array(fc.constantFrom(-1, 0, 0, 1, 1), { minLength: 9, maxLength: 9 }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(rows, fc.constantFrom(-.2, 0, .1), (differences, margin) => {
      const { interval, p } = crossedBootstrap(differences, { resamples: 199, margin });
      const isOutside = interval.low > margin + 1e-12 || interval.high < margin - 1e-12;
      assert.equal(isOutside, p < .05);
    }),
    { numRuns: 100 },
  );
});

Deno.test("pairedDifference() holds the true difference as often as it says", () => {
  const random = seededRandom(29);
  const kinds = {
    // What neighbouring checkpoints look like: one problem in eight changes, to one side more often than to the other.
    single: () => random() < .125 ? (random() < .7 ? 1 : -1) : 0,
    // Means of four samples.
    several: () => {
      let sum = 0;
      for (let i = 0; i < 4; i++) sum += Number(random() < .55) - Number(random() < .5);
      return sum / 4;
    },
  };
  for (const [kind, draw] of Object.entries(kinds)) {
    const truth = .05;
    let held = 0;
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const differences = Array.from({ length: 120 }, draw);
      const { interval: { low, high } } = pairedDifference(differences, differences.map(() => 0), {
        seed: trial,
        resamples: 399,
      });
      if (low <= truth && truth <= high) held++;
    }
    assert.ok(held / trials > .92 && held / trials < .985, `${kind}: ${held / trials}`);
  }
});

Deno.test("pairedDifference() of whole clusters is less sure", () => {
  const differences = changes(60, 20, 120);
  const none = differences.map(() => 0);
  const alone = pairedDifference(differences, none);
  const joined = pairedDifference(differences, none, {
    clusters: differences.map((_, i) => Math.floor(i / 12)),
  });
  const width = ({ interval }: typeof alone) => interval.high - interval.low;
  assert.equal(joined.test, "sign-flip");
  assert.ok(width(joined) > 2 * width(alone));
});

Deno.test("crossedBootstrap() never calls fewer than six changes significant, however many problems there are", () => {
  for (const changes of [1, 3, 5]) {
    for (const seeds of [1, 3]) {
      const row = Array.from({ length: 300 }, (_, i) => i < changes ? 1 : 0);
      assert.ok(crossedBootstrap(Array(seeds).fill(row), { resamples: 2000 }).p > .05);
    }
  }
});

Deno.test("crossedBootstrap() of three seeds varies as much as new seeds would", () => {
  const random = seededRandom(5);
  const shift = () => 0.05 * (random() + random() + random() + random() - 2) / Math.sqrt(1 / 3);
  const widths = Array.from({ length: 60 }, (_, trial) => {
    const rows = Array.from({ length: 3 }, () => {
      const own = shift();
      return Array.from({ length: 50 }, () => own);
    });
    const { interval } = crossedBootstrap(rows, { seed: trial, resamples: 400 });
    return (interval.high - interval.low) / (2 * 1.96);
  });
  const expected = 0.05 / Math.sqrt(3);
  const found = Math.sqrt(mean(widths.map((width) => width ** 2)));
  assert.ok(found > 0.85 * expected && found < 1.25 * expected, `${found} for ${expected}`);
});

Deno.test("holm() never lowers a p-value, keeps their order and grows by at most the family", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), (raw) => {
      const corrected = holm(raw);
      for (const [i, p] of raw.entries()) {
        const own = corrected[i] as number;
        assert.ok(own >= p && own <= Math.min(1, p * raw.length + 1e-15));
        for (const [j, q] of raw.entries()) if (p < q) assert.ok(own <= (corrected[j] as number));
      }
    }),
  );
  assert.throws(() => holm([0.5, 1.5]), RangeError);
});

Deno.test("bootstraps give the same figures for the same seed and others for another one", () => {
  const values = Array.from({ length: 50 }, (_, i) => (i * 7 % 11) / 10);
  const options = { seed: 3, resamples: 500 };
  assert.deepEqual(bootstrapInterval(values, options), bootstrapInterval(values, options));
  assert.notDeepEqual(
    bootstrapInterval(values, options),
    bootstrapInterval(values, { ...options, seed: 4 }),
  );
});

Deno.test("bootstrapInterval() of equal values is that value", () => {
  const { low, high } = bootstrapInterval([0.25, 0.25, 0.25], { resamples: 100 });
  assert.deepEqual([low, high], [0.25, 0.25]);
});

Deno.test("bootstrapInterval() holds the true mean as often as it says", () => {
  const random = seededRandom(17);
  let held = 0;
  const trials = 400;
  for (let trial = 0; trial < trials; trial++) {
    const values = Array.from({ length: 80 }, () => random() < .6 ? 1 : 0);
    const { low, high } = bootstrapInterval(values, { seed: trial, resamples: 400 });
    if (low <= .6 && .6 <= high) held++;
  }
  assert.ok(held / trials > .91 && held / trials < .985, String(held / trials));
});

Deno.test("bootstrapInterval() draws whole clusters", () => {
  const values = Array.from({ length: 120 }, (_, i) => i < 60 ? 1 : 0);
  const clusters = values.map((_, i) => Math.floor(i / 12));
  const alone = bootstrapInterval(values, { resamples: 2000 });
  const joined = bootstrapInterval(values, { clusters, resamples: 2000 });
  assert.ok(joined.high - joined.low > 2.5 * (alone.high - alone.low));
});

Deno.test("pairedDifference() of a list with itself shows no difference", () => {
  fc.assert(
    fc.property(scores, (values) => {
      const { difference, p } = pairedDifference(values, values, { resamples: 200 });
      assert.deepEqual({ difference, p }, { difference: 0, p: 1 });
    }),
    { numRuns: 20 },
  );
});

Deno.test("pairedDifference() turns around with its sides, exact or drawn", () => {
  for (const step of [1, .25]) {
    const first = Array.from({ length: 60 }, (_, i) => i % 3 === 0 ? step : 0);
    const second = Array.from({ length: 60 }, (_, i) => i % 2 === 0 ? step : 0);
    const there = pairedDifference(first, second, { resamples: 1000 });
    const back = pairedDifference(second, first, { resamples: 1000 });
    assert.equal(there.test, step === 1 ? "mcnemar-exact" : "sign-flip");
    assertClose(there.difference, -back.difference);
    assertClose(there.interval.low, -back.interval.high);
    assertClose(there.p, back.p);
  }
});

Deno.test("pairedDifference() refuses lists of different problems", () => {
  assert.throws(() => pairedDifference([1, 0], [1]), {
    message: "Cannot compute a paired difference: expected lists of one length, got 2 and 1",
  });
});

Deno.test("crossedBootstrap() is wider than one over problems alone where seeds differ", () => {
  const random = seededRandom(2);
  const shifts = [-.1, 0, .1, .2, .3];
  const rows = shifts.map((shift) =>
    Array.from({ length: 200 }, () => random() < .3 + shift ? 1 : 0)
  );
  const crossed = crossedBootstrap(rows, { resamples: 4000 });
  assertClose(crossed.difference, mean(rows.map(mean)));
  assert.equal(crossed.perSeed.length, 5);
  assert.equal(crossed.degreesOfFreedom, 4);
  assert.ok((crossed.seedDeviation as number) > .1);
  const averages = Array.from({ length: 200 }, (_, i) => mean(rows.map((row) => row[i] as number)));
  const fixed = bootstrapInterval(averages, { resamples: 4000 });
  assert.ok(crossed.interval.high - crossed.interval.low > 2 * (fixed.high - fixed.low));
});

Deno.test("crossedBootstrap() of one seed says that it knows nothing of seeds", () => {
  const { seedDeviation, degreesOfFreedom } = crossedBootstrap([[1, 0, 1]], { resamples: 50 });
  assert.equal(seedDeviation, null);
  assert.equal(degreesOfFreedom, 0);
});

Deno.test("crossedMean() is the mean of crossedBootstrap(), in a narrower interval", () => {
  const random = seededRandom(7);
  for (const seeds of [1, 3]) {
    const rows = Array.from(
      { length: seeds },
      () => Array.from({ length: 40 }, () => random() < .6 ? 1 : 0),
    );
    const tested = crossedBootstrap(rows, { resamples: 500, seed: 3 });
    const { mean, interval, perSeed } = crossedMean(rows, { resamples: 500, seed: 3 });
    assert.deepEqual([mean, perSeed], [tested.difference, tested.perSeed]);
    assert.ok(interval.low >= tested.interval.low && interval.high <= tested.interval.high);
  }
  assert.throws(() => crossedMean([[1, 0], [1]]), RangeError);
  assert.throws(() => crossedMean([]), RangeError);
});

Deno.test("isNotLower() asks that the whole interval lies above the margin", () => {
  assert.equal(isNotLower({ interval: { low: -.019, high: .1 } }), true);
  assert.equal(isNotLower({ interval: { low: -.021, high: .5 } }), false);
});

Deno.test("minimumDetectableDifference() gives the figures of the design note", () => {
  const points = (problems: number, changed: number) =>
    (100 * minimumDetectableDifference({ problems, deviation: Math.sqrt(changed) })).toFixed(1);
  assert.deepEqual([points(500, .08), points(500, .15)], ["3.5", "4.9"]);
  assert.deepEqual([points(2000, .08), points(2000, .15)], ["1.8", "2.4"]);
});
