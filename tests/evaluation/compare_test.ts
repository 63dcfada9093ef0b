import assert from "node:assert/strict";
import { UsageError } from "../../lib/core/mod.ts";
import {
  compareEvaluations,
  correctComparisons,
  gradeProblems,
  majorityMetric,
  passMetric,
  scoreOf,
} from "../../lib/evaluation/mod.ts";
import { GRADER, judgedSample, singleSamples } from "./_samples.ts";

const options = { grader: GRADER, resamples: 1000 };

/** One greedy answer a problem. */
const greedy = (label: string, rights: string) =>
  ({ label, mode: "greedy", samples: singleSamples(rights) }) as const;

Deno.test("compareEvaluations() of single samples is exact McNemar with the problems won and lost", () => {
  const first = greedy("round 2", "1111111111" + "0" + "1100");
  const second = greedy("round 1", "0000000000" + "1" + "1100");
  const result = compareEvaluations(first, second, options);
  assert.equal(result.metric, "pass@1");
  assert.equal(result.p.toFixed(5), "0.01172");
  assert.equal(result.test, "mcnemar-exact");
  assert.equal(result.verdict, "better");
  assert.equal(result.difference, 9 / 15);
  assert.ok(result.interval.low > 0);
  assert.deepEqual(result.lost, [{ problemId: "p/10", first: 0, second: 1 }]);
  assert.equal(result.won.length, 10);
  assert.equal(result.unchanged, 4 / 15);
  const back = compareEvaluations(second, first, options);
  assert.equal(back.verdict, "worse");
  assert.equal(back.p, result.p);
});

Deno.test("compareEvaluations() of few problems shows nothing, in its interval as in its p", () => {
  const result = compareEvaluations(greedy("a", "1111111"), greedy("b", "0110010"), options);
  assert.equal(result.p, .125);
  assert.deepEqual(result.interval, { low: 0, high: 1 });
  assert.equal(result.verdict, "no difference shown");
});

Deno.test("compareEvaluations() never calls evaluations equal", () => {
  const side = greedy("a", "1010");
  const result = compareEvaluations(side, { ...side, label: "b" }, options);
  assert.equal(result.verdict, "no difference shown");
  assert.equal(result.p, 1);
  assert.equal(result.unchanged, 1);
  assert.equal(result.minimumDetectable, null, "nothing differs, so that nothing says how much");
});

Deno.test("compareEvaluations() takes several samples a problem by random signs", () => {
  const many = (rate: number, label: string) => ({
    label,
    mode: "sample" as const,
    samples: Array.from(
      { length: 40 * 4 },
      (_, i) =>
        judgedSample(`p/${i % 40}`, (i % 40 + 13 * Math.floor(i / 40)) % 10 < rate ? "ok" : "7", {
          sample: Math.floor(i / 40),
        }),
    ),
  });
  const result = compareEvaluations(many(8, "a"), many(4, "b"), options);
  assert.equal(result.metric, "avg@4");
  assert.equal(result.test, "sign-flip");
  assert.ok(result.p < .05 && result.interval.low > 0);
  assert.equal(result.first.value.toFixed(6), "0.800000");
  assert.equal(result.second.value.toFixed(6), "0.400000");
  assert.equal(result.verdict, "better");
});

Deno.test("compareEvaluations() refuses problems that one side lacks, and leaves them out when asked to", () => {
  const first = greedy("full", "11111");
  const second = greedy("limited", "110");
  assert.throws(() => compareEvaluations(first, second, options), {
    name: "UsageError",
    message:
      'Cannot compare "full" and "limited": expected the same problems with all their samples on both sides, got 3 such problems of 5; ' +
      "finish the evaluations, or compare the common problems only",
  });
  const result = compareEvaluations(first, second, { ...options, commonOnly: true });
  assert.equal(result.problems, 3);
  assert.equal(result.leftOut, 2);
});

Deno.test("compareEvaluations() never counts a sample that the machinery failed", () => {
  const whole = singleSamples("111");
  const broken = [
    ...singleSamples("11"),
    judgedSample("p/2", null, { outcome: "infrastructure" }),
  ];
  const sides = [
    { label: "a", mode: "greedy", samples: whole },
    { label: "b", mode: "greedy", samples: broken },
  ] as const;
  assert.throws(() => compareEvaluations(...sides, options), UsageError);
  const result = compareEvaluations(...sides, { ...options, commonOnly: true });
  assert.equal(result.problems, 2);
  assert.equal(result.second.value, 1);
});

Deno.test("compareEvaluations() of nothing in common is an error", () => {
  assert.throws(
    () =>
      compareEvaluations(
        { label: "a", mode: "greedy", samples: [judgedSample("x", "ok")] },
        { label: "b", mode: "greedy", samples: [judgedSample("y", "ok")] },
        { ...options, commonOnly: true },
      ),
    { message: 'Cannot compare "a" and "b": expected problems that both have finished, got none' },
  );
});

Deno.test("compareEvaluations() refuses a metric that wants more samples than there are", () => {
  const side = greedy("a", "10");
  assert.throws(() => compareEvaluations(side, side, { ...options, metric: passMetric(8) }), {
    message: 'Cannot compare "a" and "a" by pass@8: expected 8 samples a problem, got 1 and 1',
  });
});

Deno.test("compareEvaluations() with clusters is less sure", () => {
  const first = greedy("a", "1".repeat(20) + "10".repeat(10));
  const second = greedy("b", "0".repeat(20) + "10".repeat(10));
  const plain = compareEvaluations(first, second, options);
  const clustered = compareEvaluations(first, second, {
    ...options,
    clusterOf: (id) => String(Number(id.slice(2)) < 20),
  });
  assert.ok((clustered.differenceError as number) > 2 * (plain.differenceError as number));
  assert.ok((clustered.minimumDetectable as number) > 2 * (plain.minimumDetectable as number));
  assert.ok(clustered.interval.low < plain.interval.low);
});

Deno.test("gradeProblems() wants a verdict of the grader for every answer", () => {
  assert.throws(() => gradeProblems([judgedSample("p", "7", { sample: 3 })], "other-2"), {
    message:
      'Cannot read sample 3 of problem "p": expected a verdict of grader "other-2", got test-1; apply it with eval regrade',
  });
  const [problem] = gradeProblems(
    [judgedSample("p", null, { outcome: "truncated", verdicts: [] })],
    GRADER,
  );
  assert.equal(problem?.samples[0]?.correct, false);
});

Deno.test("majorityMetric() groups equal answers that are written differently", () => {
  const samples = ["1/2", "0.5", "\\frac{1}{2}", "7", "7"].map((answer, sample) =>
    judgedSample("p", answer, { sample })
  );
  const graded = gradeProblems(samples, GRADER)[0]?.samples ?? [];
  assert.deepEqual(new Set(graded.map(({ group }) => group)).size, 2);
  const withRight = gradeProblems(
    ["ok", "ok", "7", "8", "9"].map((answer, sample) => judgedSample("p", answer, { sample })),
    GRADER,
  )[0]?.samples ?? [];
  assert.equal(majorityMetric(5).score(withRight), 1);
});

Deno.test("correctComparisons() is less sure of each of several suites", () => {
  const first = greedy("a", "1111110");
  const second = greedy("b", "0000000");
  const comparison = compareEvaluations(first, second, options);
  assert.equal(comparison.verdict, "better");
  const corrected = correctComparisons(
    ["gsm8k", "math500"].map((suite) => ({ suite, comparison })),
  );
  assert.deepEqual(corrected.map(({ correctedP }) => correctedP.toFixed(4)), [
    "0.0625",
    "0.0625",
  ]);
  assert.deepEqual(corrected.map(({ correctedVerdict }) => correctedVerdict), [
    "no difference shown",
    "no difference shown",
  ]);
});

Deno.test("scoreOf() has no standard error for a single problem and Wilson's interval for single samples", () => {
  assert.equal(scoreOf([1]).standardError, null);
  const { value, interval } = scoreOf(Array.from({ length: 30 }, (_, i) => i < 15 ? 1 : 0));
  assert.equal(value, .5);
  assert.deepEqual([interval.low.toFixed(3), interval.high.toFixed(3)], ["0.332", "0.668"]);
});
