import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bestOfK,
  majorityAnswer,
  majorityAtK,
  passAtK,
  type Vote,
} from "../../../lib/evaluation/statistics/mod.ts";
import { pick, seededRandom, shuffled } from "../../../lib/core/mod.ts";
import { assertClose } from "./_close.ts";

const votes: fc.Arbitrary<Vote[]> = fc.array(
  fc.constantFrom("right", "a", "b", "c", null),
  { minLength: 1, maxLength: 24 },
).map((answers) => answers.map((answer) => ({ answer, correct: answer === "right" })));

Deno.test("passAtK() gives the figures of the design note", () => {
  const figures = [[1, .25], [2, .45], [4, .728022], [8, .961538]] as const;
  for (const [k, value] of figures) {
    assertClose(passAtK({ samples: 16, correct: 4 }, k), value, 1e-6);
  }
});

Deno.test("passAtK() refuses to draw more samples than there are", () => {
  assert.throws(() => passAtK({ samples: 4, correct: 1 }, 8), {
    name: "RangeError",
    message:
      "Cannot draw 8 of 4 samples: expected k to be at most the number of samples that exist",
  });
});

Deno.test("passAtK() refuses more right samples than there are", () => {
  assert.throws(() => passAtK({ samples: 4, correct: 5 }, 2), {
    message: "Cannot compute pass@2: expected at most 4 right samples, got 5",
  });
});

Deno.test("passAtK() rises with k and is the share at 1 and a certainty at n", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(2000), (samples, c) => {
    const correct = c % (samples + 1);
    assertClose(passAtK({ samples, correct }, 1), correct / samples);
    assert.equal(passAtK({ samples, correct }, samples), correct > 0 ? 1 : 0);
    const k = 1 + (c * 7) % samples;
    assert.ok(passAtK({ samples, correct }, k) >= correct / samples - 1e-12);
  }));
});

Deno.test("majorityAtK() is the share of right samples at 1 and the vote at n", () => {
  fc.assert(fc.property(votes, (list) => {
    assertClose(majorityAtK(list, 1), list.filter((vote) => vote.correct).length / list.length);
    const answers = new Map<string, number>();
    for (const { answer } of list) {
      if (answer !== null) answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
    const top = Math.max(0, ...answers.values());
    const winners = [...answers].filter(([, count]) => count === top);
    const share = winners.length === 0
      ? 0
      : winners.filter(([a]) => a === "right").length / winners.length;
    assertClose(majorityAtK(list, list.length), share);
  }));
});

Deno.test("majorityAtK() does not depend on the order of samples and is a chance", () => {
  fc.assert(fc.property(votes, fc.nat(), (list, seed) => {
    const k = 1 + seed % list.length;
    const value = majorityAtK(list, k);
    assert.ok(value >= 0 && value <= 1);
    assertClose(majorityAtK(shuffled(seededRandom(seed), list), k), value);
  }));
});

Deno.test("majorityAtK() agrees with drawn subsets at 64 samples", () => {
  const random = seededRandom(5);
  const names = ["right", "right", "right", "x", "x", "x", "y", null];
  const list = Array.from({ length: 64 }, () => pick(random, names))
    .map((answer) => ({ answer, correct: answer === "right" }));
  for (const k of [2, 3, 8, 31, 63]) {
    const draws = 4000;
    let sum = 0;
    for (let i = 0; i < draws; i++) {
      const drawn = shuffled(random, list).slice(0, k);
      sum += majorityAtK(drawn, k);
    }
    assert.ok(Math.abs(sum / draws - majorityAtK(list, k)) < 4 * 0.5 / Math.sqrt(draws));
  }
});

Deno.test("majorityAtK() stays a chance where binomial coefficients overflow", () => {
  const list = Array.from({ length: 2000 }, (_, i) => ({
    answer: i % 2 === 0 ? "right" : i % 3 === 0 ? "x" : "y",
    correct: i % 2 === 0,
  }));
  assertClose(majorityAtK(list, 2000), 1);
  const value = majorityAtK(list, 20);
  assert.ok(value > .75 && value < 1, String(value));
});

Deno.test("majorityAnswer() takes the answer that was drawn first of tied ones", () => {
  const list = [{ answer: null }, { answer: "b" }, { answer: "a" }, { answer: "a" }, {
    answer: "b",
  }];
  assert.equal(majorityAnswer(list), "b");
  assert.equal(majorityAnswer([{ answer: null }]), null);
  assert.equal(majorityAnswer([]), null);
});

Deno.test("bestOfK() of equal scores is the share of right samples", () => {
  fc.assert(fc.property(votes, fc.nat(), (list, seed) => {
    const k = 1 + seed % list.length;
    const share = list.filter((vote) => vote.correct).length / list.length;
    assertClose(bestOfK(list.map(({ correct }) => ({ correct, score: 1 })), k), share);
    assertClose(bestOfK(list.map(({ correct }) => ({ correct, score: null })), k), share);
  }));
});

Deno.test("bestOfK() of scores that know the truth is pass@k", () => {
  fc.assert(fc.property(votes, fc.nat(), (list, seed) => {
    const k = 1 + seed % list.length;
    const correct = list.filter((vote) => vote.correct).length;
    const scored = list.map((vote) => ({ correct: vote.correct, score: vote.correct ? 1 : 0 }));
    assertClose(bestOfK(scored, k), passAtK({ samples: list.length, correct }, k));
  }));
});

Deno.test("bestOfK() refuses a score that is no number", () => {
  assert.throws(() => bestOfK([{ score: NaN, correct: true }], 1), {
    message: "Cannot choose by score: expected a number, got NaN",
  });
});
