import assert from "node:assert/strict";
import fc from "fast-check";
import type { Problem } from "../../lib/core/mod.ts";
import {
  auditVerdicts,
  type GradedSample,
  summarise,
  verdictChanges,
  weightedVoteMetric,
  weightedVoteScore,
} from "../../lib/evaluation/mod.ts";
import type { JudgedSample } from "../../lib/store/mod.ts";
import { PROBLEMS } from "./_world.ts";

function judged(
  problemId: string,
  sample: number,
  more: Partial<JudgedSample> & { readonly correct?: boolean; readonly reason?: string } = {},
): JudgedSample {
  const { correct = false, reason = "different", ...rest } = more;
  return {
    problemId,
    sample,
    answer: correct ? "5" : "7",
    outcome: "answered",
    score: null,
    promptTokens: 1,
    generatedTokens: 2,
    ppmTokens: 3,
    wallMs: 500,
    trace: { text: "" },
    verdicts: [{ grader: "g", correct, stage: "exact", reason, elapsedMs: 0, vote: null }],
    ...rest,
  };
}

const OPTIONS = {
  mode: "sample",
  problems: PROBLEMS,
  samples: 1,
  grader: "g",
  calibration: null,
} as const;

Deno.test("summarise() measures problems that are whole, and says what is missing", () => {
  const summary = summarise([
    judged("known/1", 0, { correct: true }),
    judged("known/2", 0, { outcome: "infrastructure", answer: null, verdicts: [] }),
    judged("known/3", 0, { verdicts: [] }),
    judged("elsewhere/1", 0, { correct: true }),
    judged("known/1", 1),
  ], OPTIONS);
  assert.equal(summary.measured, 1);
  assert.deepEqual(summary.headline?.value, 1);
  assert.equal(summary.counts.missing, 3);
  assert.equal(summary.counts.infrastructure, 1);
});

Deno.test("summarise() counts time-outs of the grader apart, as wrong", () => {
  const { counts, headline } = summarise(
    PROBLEMS.map(({ id }, i) => judged(id, 0, i === 0 ? { reason: "timeout" } : { correct: true })),
    OPTIONS,
  );
  assert.equal(counts.graderTimeout, 1);
  assert.equal(counts.wrong, 0);
  assert.equal(headline?.value, 0.75);
  assert.equal(counts.sampleSeconds, 2);
});

Deno.test("summarise() gives the figure without flagged problems beside the headline", () => {
  const problems = PROBLEMS.map((problem, i): Problem =>
    i === 0 ? { ...problem, meta: { ungradable: "needs its figure" } } : problem
  );
  const samples = PROBLEMS.map(({ id }, i) => judged(id, 0, { correct: i > 0 }));
  const summary = summarise(samples, { ...OPTIONS, problems });
  assert.equal(summary.headline?.value, 0.75);
  assert.equal(summary.judgeable?.value, 1);
  assert.equal(summary.judgeable?.n, 3);
  assert.equal(summarise(samples, OPTIONS).judgeable, null);
});

Deno.test("summarise() clusters copies of one question", () => {
  const copies = PROBLEMS.map((problem, i) => ({
    ...problem,
    question: i < 2 ? "The  same question?" : i === 2 ? "the same question" : problem.question,
  }));
  const samples = PROBLEMS.map(({ id }, i) => judged(id, 0, { correct: i < 3 }));
  const clustered = summarise(samples, { ...OPTIONS, problems: copies });
  const plain = summarise(samples, OPTIONS);
  assert.equal(clustered.questions, 2);
  assert.ok((clustered.headline?.standardError ?? 0) > (plain.headline?.standardError ?? 1));
});

Deno.test("summarise() of nothing has no figures", () => {
  const summary = summarise([], OPTIONS);
  assert.equal(summary.headline, null);
  assert.deepEqual(summary.levels, []);
  assert.equal(summary.counts.missing, 4);
});

Deno.test("summarise() puts every wanted sample into exactly one count", () => {
  const outcome = fc.constantFrom(
    "answered" as const,
    "no_answer" as const,
    "truncated" as const,
    "failed_execution" as const,
    "infrastructure" as const,
  );
  fc.assert(fc.property(
    fc.array(fc.tuple(outcome, fc.boolean(), fc.boolean()), { maxLength: 8 }),
    (cells) => {
      const samples = cells.map(([kind, correct, isJudged], i) =>
        judged(`known/${i % 4 + 1}`, Math.floor(i / 4), {
          correct,
          outcome: kind,
          ...(isJudged && kind !== "infrastructure" ? {} : { verdicts: [] }),
        })
      );
      const { counts, headline } = summarise(samples, { ...OPTIONS, samples: 2 });
      const { right, wrong, noAnswer, truncated, failedExecution, graderTimeout, missing } = counts;
      const ends = [right, wrong, noAnswer, truncated, failedExecution, graderTimeout, missing];
      assert.equal(ends.reduce((a, b) => a + b, 0), 8);
      assert.ok(headline === null || (headline.value >= 0 && headline.value <= 1));
    },
  ));
});

Deno.test("weightedVoteScore() splits a tie and lets no sample take weight away", () => {
  const scale = { bias: 0, scale: 1 };
  const vote = (group: string | null, score: number | null) => ({
    group,
    score,
    isGroupRight: group === "right",
  });
  assert.equal(weightedVoteScore([vote("right", 1), vote("wrong 7", 1)], scale), 0.5);
  assert.equal(
    weightedVoteScore([vote("right", 1), vote("right", -9), vote("wrong 7", 1)], scale),
    1,
  );
  assert.equal(weightedVoteScore([vote(null, null)], scale), 0);
  assert.equal(weightedVoteScore([vote("right", -1), vote("wrong 7", null)], scale), 1);
});

Deno.test("auditVerdicts() lists equal answers once, most frequent first", () => {
  const both = (first: boolean, second: boolean) => ({
    verdicts: [
      { grader: "a", correct: first, stage: "exact", reason: "number", elapsedMs: 0, vote: null },
      {
        grader: "b",
        correct: second,
        stage: "exact",
        reason: "different",
        elapsedMs: 0,
        vote: null,
      },
    ],
  });
  const audit = auditVerdicts([
    judged("known/1", 0, { answer: "1/2", ...both(true, false) }),
    judged("known/2", 0, { answer: "x", ...both(false, true) }),
    judged("known/2", 1, { answer: "x", ...both(false, true) }),
    judged("known/3", 0, both(true, true)),
    judged("known/4", 0),
  ], ["a", "b"]);
  assert.equal(audit.samples, 4);
  assert.equal(audit.agreed, 1);
  assert.deepEqual(audit.disagreements, [
    {
      problemId: "known/2",
      answer: "x",
      samples: 2,
      acceptedBy: "b",
      refusedBy: "a",
      reasons: ["number", "different"],
    },
    {
      problemId: "known/1",
      answer: "1/2",
      samples: 1,
      acceptedBy: "a",
      refusedBy: "b",
      reasons: ["number", "different"],
    },
  ]);
});

Deno.test("verdictChanges() counts problems that gain and lose", () => {
  const before = [
    judged("known/1", 0),
    judged("known/2", 0, { correct: true }),
    judged("known/3", 0),
  ];
  const after = [
    judged("known/1", 0, { correct: true }),
    judged("known/2", 0),
    judged("known/3", 0),
  ];
  assert.deepEqual(
    verdictChanges({ samples: before, grader: "g" }, { samples: after, grader: "g" }),
    { samples: 3, nowRight: ["known/1"], nowWrong: ["known/2"] },
  );
});

const gradedVote = (group: string, score: number): GradedSample => ({
  group,
  score,
  answer: group,
  correct: group === "right",
  isGroupRight: group === "right",
  outcome: "answered",
  tokens: 1,
  ppmTokens: 1,
});

Deno.test("weightedVoteMetric() is the vote of all samples, and of fewer the mean over seeded choices", () => {
  const scale = { bias: 0, scale: 1 };
  const samples = [
    gradedVote("right", 2),
    gradedVote("wrong 7", -3),
    gradedVote("wrong 8", -3),
    gradedVote("wrong 9", -3),
  ];
  assert.equal(weightedVoteMetric(4, scale).score(samples), 1);
  const one = weightedVoteMetric(1, scale).score(samples);
  assert.ok(one > 0.1 && one < 0.4, `one of four is right alone, got ${one}`);
  assert.equal(weightedVoteMetric(1, scale).score(samples), one, "the same choices every time");
  const two = weightedVoteMetric(2, scale).score(samples);
  assert.ok(two > 0.35 && two < 0.65, `in half of the pairs the right one is heavier, got ${two}`);
});
