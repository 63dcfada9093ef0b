import assert from "node:assert/strict";
import type { Problem } from "../../lib/core/mod.ts";
import {
  beamMode,
  bestOfNMode,
  type EvaluationMode,
  greedyMode,
  runEvaluation,
  sampleMode,
  treeMode,
} from "../../lib/evaluation/mod.ts";
import { PRESETS } from "../../lib/search/mod.ts";
import { memoryStore } from "../../lib/store/mod.ts";
import {
  knownDomain,
  knownPolicy,
  knownPpm,
  loaded,
  partsFor,
  planFor,
  PROBLEMS,
  SCRIPT,
  SETTINGS,
  timeless,
  values,
} from "./_world.ts";

Deno.test("runEvaluation() gives the greedy score of known answers", async () => {
  const policy = knownPolicy(SCRIPT);
  const result = await runEvaluation(loaded(), planFor(greedyMode(SETTINGS)), partsFor(policy));
  const { summary } = result;
  assert.deepEqual(values(summary), { "pass@1": 0.5 });
  assert.equal(summary.headline?.metric, "pass@1");
  assert.equal(result.isComplete, true);
  assert.equal(result.isLimited, false);
  assert.ok(policy.requests.every(({ temperature }) => temperature === 0));
  assert.deepEqual(summary.levels.map(({ level, row }) => [level, row.value, row.n]), [
    [1, 1, 2],
    [2, 0, 2],
  ]);
  const { right, wrong, noAnswer, missing, promptTokens, generatedTokens } = summary.counts;
  assert.deepEqual(
    { right, wrong, noAnswer, missing, promptTokens, generatedTokens },
    { right: 2, wrong: 1, noAnswer: 1, missing: 0, promptTokens: 80, generatedTokens: 32 },
  );
});

Deno.test("runEvaluation() gives every score of known samples", async () => {
  const plan = planFor(sampleMode(SETTINGS), { samples: 4 });
  const { summary } = await runEvaluation(loaded(), plan, partsFor(knownPolicy(SCRIPT)));
  assert.deepEqual(values(summary), {
    "avg@4": 0.5,
    // (1 + 5/6 + 1/2 + 1/2) / 4
    "pass@2": 0.708333,
    "pass@4": 1,
    // (1 + 1/2 + 1/2 + 1/4) / 4: the second problem ties or not, the third votes in half of its pairs.
    "maj@2": 0.5625,
    // (1 + 1/2 + 1 + 0) / 4
    "maj@4": 0.625,
  });
  const { counts } = summary;
  assert.equal(counts.right, 8);
  assert.equal(counts.wrong, 5);
  assert.equal(counts.noAnswer, 1);
  assert.equal(counts.failedExecution, 1);
  assert.equal(counts.truncated, 1);
  assert.equal(counts.missing, 0);
});

Deno.test("runEvaluation() chooses among samples by the PPM", async () => {
  const ppm = knownPpm({ "1:5": 2, "2:5": 1, "2:7": 3, "3:5": 1, "4:5": 5, "4:7": -1 });
  const plan = planFor(bestOfNMode(SETTINGS), { samples: 4 });
  const { summary } = await runEvaluation(
    loaded(),
    plan,
    partsFor(knownPolicy(SCRIPT), { ppm }),
  );
  const { "best-of-2": two, "best-of-4": four, "weighted-vote@4": vote } = values(summary);
  // The second problem's wrong answer scores highest: it wins every pair but the one of two right ones.
  assert.equal(two, Math.round((1 + 1 / 6 + 1 / 2 + 1 / 2) / 4 * 1e6) / 1e6);
  assert.equal(four, 0.75);
  assert.equal(vote, 0.75);
  assert.equal(summary.headline?.metric, "best-of-4");
  assert.ok(summary.counts.ppmTokens > 0);
});

/** Proposes a right and a wrong program everywhere; which one is taken is up to the PPM. */
function twoProgramPolicy() {
  const known = knownPolicy({});
  return {
    ...known,
    sample: (request: Parameters<typeof known.sample>[0]) => {
      const output = /<output>(\d+)<end_of_output>\n$/.exec(String(request.prompt))?.[1];
      const texts = output === undefined
        ? ["\n<code>\nprint 7\n<end_of_code>", "\n<code>\nprint 5\n<end_of_code>"]
        : [`<answer>The answer is \\boxed{${output}}.\n<end_of_answer>`];
      const completions = texts.slice(0, request.n).map((text) => ({
        text,
        finishReason: "stop_string" as const,
        stopString: /<[a-z_]+>$/.exec(text)?.[0] ?? null,
        tokens: 3,
      }));
      const generatedTokens = 3 * completions.length;
      return Promise.resolve({
        completions,
        promptTokens: 9,
        generatedTokens,
        seconds: 0,
        price: null,
      });
    },
  };
}

/** Prefers 5 for the first three questions, and 7 for the last; sees outputs and answers alike. */
const taste = knownPpm({});
const PREFERENCE = {
  ...taste,
  score: (texts: readonly string[]) =>
    Promise.resolve({
      logits: texts.map((text) => {
        const likes = text.includes("Question number 4") ? "7" : "5";
        return text.includes(`print ${likes}`) ? 2 : -2;
      }),
      promptTokens: 7 * texts.length,
      seconds: 0,
      price: null,
    }),
};

const SEARCH = {
  ...PRESETS["starter/test"].spec,
  rollouts: 2,
  candidates: 2,
};

for (
  const [name, mode] of [
    ["mcts", treeMode({ search: SEARCH, width: 1 })],
    ["beam", beamMode({ search: SEARCH, width: 1 })],
  ] as const
) {
  Deno.test(`runEvaluation() gives the ${name} score that the PPM's taste leads to`, async () => {
    const { summary } = await runEvaluation(
      loaded(),
      planFor(mode),
      partsFor(twoProgramPolicy(), { ppm: PREFERENCE }),
    );
    assert.deepEqual(values(summary), { "pass@1": 0.75 });
    assert.equal(summary.counts.wrong, 1);
    assert.ok(summary.counts.ppmTokens > 0);
    assert.ok(summary.counts.generatedTokens > 0);
  });
}

Deno.test("runEvaluation() lets no mode reach a reference answer", async () => {
  const seen: unknown[] = [];
  const spy: EvaluationMode = {
    name: "greedy",
    needsPpm: false,
    spec: null,
    solve: (question, sample, context) => {
      seen.push([structuredClone(question), sample, Object.keys(context).sort()]);
      return Promise.resolve({
        answer: null,
        outcome: "no_answer",
        score: null,
        promptTokens: 0,
        generatedTokens: 0,
        ppmTokens: 0,
        trace: null,
      });
    },
  };
  const [problem] = PROBLEMS;
  await runEvaluation(loaded([problem as Problem]), planFor(spy), partsFor(knownPolicy({})));
  assert.deepEqual(seen, [[
    { id: "known/1", question: "Question number 1?" },
    0,
    ["domain", "policy", "ppm", "seed", "signal"],
  ]]);
});

Deno.test("runEvaluation() gives the same trees whatever the references are", async () => {
  const measure = async (answer: string) => {
    const store = memoryStore();
    const problems = PROBLEMS.map((problem) => ({ ...problem, answer }));
    const parts = partsFor(twoProgramPolicy(), { ppm: PREFERENCE, store });
    const plan = planFor(treeMode({ search: SEARCH, width: 1 }), { samples: 2 });
    const { evalId } = await runEvaluation(loaded(problems), plan, parts);
    return timeless(await store.samples(evalId)).map(({ verdicts: _, ...sample }) => sample);
  };
  assert.deepEqual(await measure("5"), await measure("7"));
});

Deno.test("runEvaluation() survives hostile answers and keeps them storable", async () => {
  const hostile = [
    "9".repeat(10_000_000),
    "{".repeat(10_000) + "5" + "}".repeat(10_000),
    "10^{10^{9}}",
    "9^{999999999}",
    "5\u0000\ud800<script>alert(1)</script>'; DROP TABLE problem; --",
  ];
  const problems = hostile.map((_, i) => ({ ...PROBLEMS[0] as Problem, id: `hostile/${i}` }));
  const domain = knownDomain((path) => ({ stdout: path.at(-1) ?? "" }));
  const known = knownPolicy({});
  let next = 0;
  const policy = {
    ...known,
    sample: () => {
      const text = `\n<answer>\\boxed{${hostile[next++]}}\n<end_of_answer>`;
      const completion = {
        text,
        finishReason: "stop_string" as const,
        stopString: "<end_of_answer>",
        tokens: 5,
      };
      return Promise.resolve({
        completions: [completion],
        promptTokens: 1,
        generatedTokens: 5,
        seconds: 0,
        price: null,
      });
    },
  };
  const store = memoryStore();
  const { evalId, summary } = await runEvaluation(
    loaded(problems),
    planFor(greedyMode(SETTINGS)),
    partsFor(policy, { store, domain, concurrency: 1 }),
  );
  assert.equal(summary.counts.right, 0);
  assert.equal(summary.measured, 5);
  const samples = await store.samples(evalId);
  for (const { answer, trace } of samples) {
    assert.ok((answer ?? "").length <= 20_000);
    assert.ok(JSON.stringify(trace).length < 100_000);
    assert.ok((answer ?? "").isWellFormed() && !(answer ?? "").includes("\0"));
  }
});
