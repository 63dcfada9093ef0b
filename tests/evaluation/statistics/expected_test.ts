/** The statistics against values of scipy and statsmodels (`make_expected.py` made `expected.json`). */
import assert from "node:assert/strict";
import {
  bestOfK,
  bootstrapInterval,
  clusteredStandardError,
  holm,
  majorityAtK,
  mcnemarExact,
  minimumDetectableDifference,
  minimumDetectableDifferenceUnpaired,
  normalQuantile,
  pairedDifference,
  passAtK,
  signFlipDraws,
  testByDraws,
  wilsonInterval,
} from "../../../lib/evaluation/statistics/mod.ts";
import { assertClose } from "./_close.ts";
import expected from "./expected.json" with { type: "json" };

/** Accuracy of the library's quantiles. */
const QUANTILE = 1e-7;

Deno.test("quantiles are scipy's", () => {
  for (const { p, value } of expected.quantiles) {
    assertClose(normalQuantile(p), value, QUANTILE);
  }
});

Deno.test("wilsonInterval() is statsmodels'", () => {
  for (const { successes, trials, level, low, high } of expected.wilson) {
    const interval = wilsonInterval({ successes, trials }, { level });
    assertClose(interval.low, low, QUANTILE);
    assertClose(interval.high, high, QUANTILE);
  }
});

Deno.test("clusteredStandardError() is statsmodels' with robust covariance by cluster", () => {
  for (const { values, clusters, error } of expected.clustered) {
    assertClose(clusteredStandardError(values, clusters), error);
  }
});

Deno.test("mcnemarExact() is statsmodels'", () => {
  for (const { p, ...counts } of expected.mcnemar) assertClose(mcnemarExact(counts), p);
});

Deno.test("holm() is statsmodels'", () => {
  for (const { raw, corrected } of expected.holm) {
    const ours = holm(raw);
    assert.equal(ours.length, raw.length);
    for (const [i, p] of corrected.entries()) assertClose(ours[i] as number, p);
  }
});

Deno.test("minimum detectable differences are statsmodels'", () => {
  // statsmodels adds the chance to reject on the wrong side, which is under 1e-6 of the power.
  for (const { value, ...design } of expected.detectable.paired) {
    assertClose(minimumDetectableDifference(design), value, 1e-5);
  }
  for (const { first, second, deviation, value } of expected.detectable.unpaired) {
    const design = {
      first: { problems: first, deviation },
      second: { problems: second, deviation },
    };
    assertClose(minimumDetectableDifferenceUnpaired(design), value, 1e-5);
  }
});

Deno.test("bootstrap intervals are scipy's, up to the noise of 10,000 draws", () => {
  for (const { first, second, interval, difference } of expected.bootstrap) {
    const noise = 0.06 * ((interval[1] as number) - (interval[0] as number));
    const single = bootstrapInterval(first, { seed: 7 });
    assert.ok(Math.abs(single.low - (interval[0] as number)) < noise);
    assert.ok(Math.abs(single.high - (interval[1] as number)) < noise);
    const paired = bootstrapInterval(first.map((score, i) => score - (second[i] as number)), {
      seed: 7,
    });
    assert.ok(Math.abs(paired.low - (difference[0] as number)) < noise);
    assert.ok(Math.abs(paired.high - (difference[1] as number)) < noise);
  }
});

Deno.test("pairedDifference() is scipy's test by all signs, and its interval the shifts that this does not refuse", () => {
  for (const { differences, p, interval } of expected.signFlips) {
    const [low, high] = interval as [number, number];
    const found = pairedDifference(differences, differences.map(() => 0), { resamples: 200_000 });
    const isExact = found.test === "mcnemar-exact";
    assert.equal(isExact, differences.every(Number.isInteger));
    assertClose(found.p, p, isExact ? 1e-9 : 0.02);
    // Bisection of 34 steps on the other side. Means over halves are few values: draws find the same ones.
    assertClose(found.interval.low, low, 1e-4);
    assertClose(found.interval.high, high, 1e-4);
    if (!isExact) continue;
    const drawn = testByDraws([signFlipDraws(differences, { resamples: 200_000 })]);
    assertClose(drawn.p, p, 0.05);
  }
});

Deno.test("passAtK(), majorityAtK() and bestOfK() are the means over every choice of k", () => {
  for (const { answers, scores, k, majority, best, pass } of expected.votes) {
    const samples = answers.map((answer, i) => ({
      answer: answer < 0 ? null : String(answer),
      correct: answer === 0,
      score: scores[i] as number,
    }));
    const correct = samples.filter((sample) => sample.correct).length;
    assertClose(majorityAtK(samples, k), majority);
    assertClose(bestOfK(samples, k), best);
    assertClose(passAtK({ samples: samples.length, correct }, k), pass);
  }
});
