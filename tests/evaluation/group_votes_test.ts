import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom, shuffled } from "../../lib/core/mod.ts";
import {
  areVotesGrouped,
  gradeProblems,
  groupAnswers,
  groupVotes,
  majorityMetric,
  runEvaluation,
  sampleMode,
  summarise,
  votedAnswer,
  weightedVoteMetric,
} from "../../lib/evaluation/mod.ts";
import { exactGrader, type Grader } from "../../lib/grading/mod.ts";
import { type EvaluationStore, type JudgedSample, memoryStore } from "../../lib/store/mod.ts";
import { GRADER, judgedSample } from "./_samples.ts";
import { knownPolicy, loaded, partsFor, planFor, PROBLEMS, SCRIPT, SETTINGS } from "./_world.ts";

/** Writings that only the symbolic stage knows to be equal, by what they are worth. */
const WORTH: Readonly<Record<string, string>> = {
  "\\sqrt{8}": "2.83",
  "2\\sqrt{2}": "2.83",
  "\\sqrt{2}+\\sqrt{2}": "2.83",
  "\\sqrt{12}": "3.46",
  "2\\sqrt{3}": "3.46",
};

/** A grader that knows these writings, and counts what it is asked. */
function worthGrader(more: Readonly<Record<string, string>> = {}) {
  const worth = { ...WORTH, ...more };
  const asked: (readonly [string, string])[] = [];
  const grader: Grader = {
    version: GRADER,
    grade: (reference, answer) => {
      asked.push([reference.answer, answer ?? ""]);
      const [gold, own] = [reference.answer, answer ?? ""].map((text) => worth[text] ?? text);
      const isSlow = gold === "slow" || own === "slow";
      return Promise.resolve({
        answer,
        grader: GRADER,
        correct: gold === own && !isSlow,
        stage: "symbolic",
        reason: isSlow ? "timeout" : gold === own ? "equal" : "different",
        elapsedMs: 0,
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { grader, asked };
}

/** A store with samples of one problem. */
async function stored(answers: readonly (string | null)[], reference: string) {
  const store = memoryStore();
  const { grader } = worthGrader();
  const problem = { ...PROBLEMS[0], id: "p", answer: reference } as typeof PROBLEMS[number];
  await store.putProblems([problem]);
  const { evalId } = await store.openEvaluation({
    suite: "s",
    mode: "sample",
    runNo: null,
    roundNo: null,
    policy: null,
    ppm: null,
    spec: {},
    provenance: null,
    open: "new",
  });
  const samples = await Promise.all(answers.map(async (answer, sample): Promise<JudgedSample> => {
    const { correct } = await grader.grade({ answer: reference, meta: {} }, answer);
    return judgedSample("p", answer, {
      sample,
      score: 0,
      verdicts: [{ ...VERDICT, correct: answer !== null && correct }],
    });
  }));
  await store.writeSamples(
    evalId,
    samples.map(({ verdicts: _, ...sample }) => sample),
    samples.flatMap(({ verdicts, problemId, sample }) =>
      verdicts.map((verdict) => ({ ...verdict, problemId, sample }))
    ),
  );
  return { store, evalId, grader, problem };
}

const VERDICT = {
  grader: GRADER,
  correct: false,
  stage: "symbolic",
  reason: "",
  elapsedMs: 0,
  vote: null,
};

async function votesOf(store: EvaluationStore, evalId: number): Promise<readonly unknown[]> {
  return (await store.samples(evalId)).map(({ verdicts }) => verdicts[0]?.vote ?? null);
}

Deno.test("groupAnswers() joins writings that the grader takes for one another, and names the first", async () => {
  const { grader } = worthGrader();
  const answers = [
    "\\sqrt{8}",
    "7",
    "2\\sqrt{2}",
    "\\sqrt{12}",
    "14/2",
    "\\sqrt{2}+\\sqrt{2}",
    "7",
  ];
  assert.deepEqual(await groupAnswers(answers, { grader }), [0, 1, 0, 3, 1, 0, 1]);
  assert.deepEqual(await groupAnswers([], { grader }), []);
});

Deno.test("groupAnswers() asks nothing about answers of one form", async () => {
  const { grader, asked } = worthGrader();
  assert.deepEqual(await groupAnswers(["1/2", "0.5", "\\frac{1}{2}"], { grader }), [0, 0, 0]);
  assert.deepEqual(asked, []);
});

Deno.test("groupAnswers() keeps apart what is accepted one way only", async () => {
  const oneWay: Grader = {
    ...exactGrader(),
    grade: (reference, answer) =>
      Promise.resolve({
        answer,
        grader: "g",
        stage: "exact",
        reason: "",
        elapsedMs: 0,
        correct: reference.answer === "10 \\%" && answer === "10",
      }),
  };
  assert.deepEqual(await groupAnswers(["10 \\%", "10"], { grader: oneWay }), [0, 1]);
  assert.deepEqual(await groupAnswers(["10", "10 \\%"], { grader: oneWay }), [0, 1]);
});

Deno.test("groupAnswers() gives an answer that takes the grader's time that time once", async () => {
  const { grader, asked } = worthGrader({ "x^{x^x}": "slow", "y^{y^y}": "slow" });
  const answers = ["x^{x^x}", "\\sqrt{8}", "y^{y^y}", "2\\sqrt{2}", "x^{x^x}"];
  assert.deepEqual(await groupAnswers(answers, { grader }), [0, 1, 2, 1, 0]);
  const slow = asked.filter((pair) => pair.some((text) => /^[xy]\^/.test(text)));
  assert.deepEqual(slow, [["0", "x^{x^x}"], ["0", "y^{y^y}"]]);
});

Deno.test("groupAnswers() decides of the first answers without those behind them", async () => {
  const { grader } = worthGrader();
  const known = fc.constantFrom(...Object.keys(WORTH), "7", "14/2", "x");
  await fc.assert(
    fc.asyncProperty(fc.array(known, { maxLength: 10 }), fc.nat(10), async (answers, k) => {
      const all = await groupAnswers(answers, { grader });
      assert.deepEqual(await groupAnswers(answers.slice(0, k), { grader }), all.slice(0, k));
    }),
    { numRuns: 50 },
  );
});

Deno.test("a vote finds three equal wrong answers in three writings stronger than two right ones", async () => {
  const answers = ["\\sqrt{12}", "\\sqrt{8}", "2\\sqrt{2}", "2\\sqrt{3}", "\\sqrt{2}+\\sqrt{2}"];
  const { store, evalId, grader, problem } = await stored(answers, "\\sqrt{12}");
  const grouped = await groupVotes({ store, evalId, grader });
  assert.deepEqual(grouped, { grouped: 1, failed: 0 });
  assert.deepEqual(await votesOf(store, evalId), [0, 1, 1, 0, 1]);
  const samples = await store.samples(evalId);
  const { metrics, areVotesGrouped } = summarise(samples, {
    mode: "bon",
    problems: [problem],
    samples: 5,
    grader: GRADER,
    calibration: { bias: 0, scale: 1 },
  });
  const value = (name: string) => metrics.find(({ metric }) => metric === name)?.value;
  assert.equal(value("avg@5"), .4);
  assert.equal(value("maj@5"), 0);
  assert.equal(value("weighted-vote@5"), 0);
  // Of two samples one pair in ten is right twice and six in ten tie.
  assert.ok(Math.abs((value("maj@2") ?? 0) - (1 + 6 / 2) / 10) < 1e-12);
  assert.equal(areVotesGrouped, true);
  const [graded] = gradeProblems(samples, GRADER);
  assert.equal(votedAnswer(graded?.samples ?? []), "\\sqrt{8}");
});

Deno.test("groupVotes() goes on where samples were added, and does nothing twice", async () => {
  const { store, evalId, grader } = await stored(["\\sqrt{8}", "2\\sqrt{2}", null], "7");
  await groupVotes({ store, evalId, grader });
  assert.deepEqual(await votesOf(store, evalId), [0, 0, null]);
  assert.deepEqual(await groupVotes({ store, evalId, grader }), { grouped: 0, failed: 0 });
  const { verdicts: _, ...sample } = judgedSample("p", "\\sqrt{2}+\\sqrt{2}", { sample: 3 });
  await store.writeSamples(evalId, [sample], [{ ...VERDICT, problemId: "p", sample: 3 }]);
  assert.equal(areVotesGrouped(await store.samples(evalId), GRADER), false);
  await groupVotes({ store, evalId, grader });
  assert.deepEqual(await votesOf(store, evalId), [0, 0, null, 0]);
});

Deno.test("what earlier versions judged votes by normal form, right and wrong alike, and says so", () => {
  const samples = ["2\\sqrt{3}", "\\sqrt{12}", "1/2", "0.5"].map((answer, sample) =>
    judgedSample("p", answer, {
      sample,
      verdicts: [{ ...VERDICT, correct: sample < 2 }],
    })
  );
  assert.equal(areVotesGrouped(samples, GRADER), false);
  const graded = gradeProblems(samples, GRADER)[0]?.samples ?? [];
  assert.equal(majorityMetric(4).score(graded), 0, "two right writings are two answers");
});

Deno.test("the first answer of a group speaks for those that were judged otherwise", () => {
  const samples = [[0, true], [0, false], [2, false]].map(([vote, correct], sample) =>
    judgedSample("p", `answer ${sample}`, {
      sample,
      verdicts: [{ ...VERDICT, vote: Number(vote), correct: Boolean(correct) }],
    })
  );
  const graded = gradeProblems(samples, GRADER)[0]?.samples ?? [];
  assert.deepEqual(graded.map(({ isGroupRight }) => isGroupRight), [true, true, false]);
  assert.equal(majorityMetric(3).score(graded), 1);
});

Deno.test("no judgement moves a sample from one vote to another", () => {
  const answers = fc.array(fc.constantFrom("1/2", "0.5", "7", "7.0", "x", "x+1", null), {
    minLength: 1,
    maxLength: 12,
  });
  const calibration = { bias: 0, scale: 1 };
  fc.assert(fc.property(answers, fc.nat(), fc.boolean(), (list, seed, isGrouped) => {
    const random = seededRandom(seed);
    const judge = (correct: () => boolean) =>
      gradeProblems(
        list.map((answer, sample) =>
          judgedSample("p", answer, {
            sample,
            score: sample % 3,
            verdicts: [{ ...VERDICT, correct: correct(), vote: isGrouped ? sample % 4 : null }],
          })
        ),
        GRADER,
      )[0]?.samples ?? [];
    const [one, other] = [judge(() => random() < .5), judge(() => random() < .5)];
    assert.deepEqual(one.map(({ group }) => group), other.map(({ group }) => group));
    assert.equal(votedAnswer(one), votedAnswer(other));
    // Whatever group wins is right in one judgement exactly if it is wrong in the opposite one.
    const isNone = list.every((answer) => answer === null);
    for (
      const metric of [majorityMetric(list.length), weightedVoteMetric(list.length, calibration)]
    ) {
      const all = [true, false].map((isRight) => metric.score(judge(() => isRight)));
      assert.deepEqual(all, isNone ? [0, 0] : [1, 0]);
    }
  }));
});

Deno.test("the reference answer never changes what a vote chooses", async () => {
  const measure = async (answer: string) => {
    const store = memoryStore();
    const problems = PROBLEMS.map((problem) => ({ ...problem, answer }));
    const parts = partsFor(knownPolicy(SCRIPT), { store });
    const plan = planFor(sampleMode(SETTINGS), { samples: 4 });
    const { evalId, grader } = await runEvaluation(loaded(problems), plan, parts);
    const samples = await store.samples(evalId);
    assert.ok(areVotesGrouped(samples, grader));
    return gradeProblems(samples, grader).map((problem) => ({
      votes: problem.samples.map(({ group }) => group),
      chosen: votedAnswer(problem.samples),
    }));
  };
  const expected = await measure("5");
  assert.deepEqual(expected[1]?.votes, [
    "as sample 0",
    "as sample 1",
    "as sample 0",
    "as sample 1",
  ]);
  for (const answer of ["7", "x+1", "\\frac{5}{1}", "5.0", ""]) {
    assert.deepEqual(await measure(answer), expected);
  }
});

Deno.test("votes do not depend on the order of equal answers' judgements in what is a chance", () => {
  const samples = ["7", "8", "7", "9"].map((answer, sample) =>
    judgedSample("p", answer, { sample, verdicts: [{ ...VERDICT, correct: answer === "7" }] })
  );
  const value = (list: readonly JudgedSample[]) =>
    majorityMetric(3).score(gradeProblems(list, GRADER)[0]?.samples ?? []);
  const expected = value(samples);
  for (let seed = 0; seed < 5; seed++) {
    assert.equal(value(shuffled(seededRandom(seed), samples)), expected);
  }
});
