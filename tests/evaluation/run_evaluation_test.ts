import assert from "node:assert/strict";
import { InfrastructureError, type Problem } from "../../lib/core/mod.ts";
import { memoryReplyStore, recordedPolicy } from "../../lib/endpoint/mod.ts";
import {
  beamMode,
  bestOfNMode,
  type EvaluationMode,
  evaluationRequest,
  type EvaluationSummary,
  greedyMode,
  makeMode,
  runEvaluation,
  sampleMode,
  storedEvaluation,
  treeMode,
} from "../../lib/evaluation/mod.ts";
import { exactGrader, type Grader } from "../../lib/grading/mod.ts";
import { PRESETS } from "../../lib/search/mod.ts";
import { type JudgedSample, memoryStore, type Store } from "../../lib/store/mod.ts";
import {
  knownDomain,
  knownPolicy,
  knownPpm,
  loaded,
  partsFor,
  planFor,
  PROBLEMS,
  type Script,
  SUITE,
} from "./_world.ts";

const SETTINGS = {
  sampling: { temperature: 1, topP: 1, maxTokens: 512, modelLength: 4096 },
  style: "code",
  api: "completions",
  extraction: { lastNumber: false },
} as const;

const SCRIPT: Script = {
  "known/1": [5, 5, 5, 5],
  "known/2": [5, 7, 5, 7],
  "known/3": ["no box", 5, "failed", "truncated"],
  "known/4": [7, 7, 5, 7],
};

function values(summary: EvaluationSummary): Record<string, number> {
  return Object.fromEntries(
    summary.metrics.map(({ metric, value }) => [metric, Math.round(value * 1e6) / 1e6]),
  );
}

/** What was stored, without times. */
function timeless(samples: readonly JudgedSample[]) {
  return samples.map(({ wallMs: _, verdicts, ...rest }) => ({
    ...rest,
    verdicts: verdicts.map(({ elapsedMs: _elapsed, ...verdict }) => verdict),
  }));
}

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

Deno.test("runEvaluation() keeps failures of the machinery apart and makes them again", async () => {
  const store = memoryStore();
  const plan = planFor(sampleMode(SETTINGS), { samples: 2 });
  const failures: InfrastructureError[] = [];
  const down = knownPolicy({ ...SCRIPT, "known/2": [5, "down", 5, 7] });
  const first = await runEvaluation(
    loaded(),
    plan,
    partsFor(down, { store, onFailure: (error) => failures.push(error) }),
  );
  assert.equal(failures.length, 1);
  assert.equal(first.isComplete, false);
  assert.equal(first.summary.measured, 3);
  assert.equal(first.summary.counts.missing, 1);
  assert.equal(first.summary.counts.infrastructure, 1);
  assert.equal((await store.evaluations())[0]?.state, "incomplete");

  const again = knownPolicy(SCRIPT);
  const second = await runEvaluation(loaded(), plan, partsFor(again, { store }));
  assert.equal(second.isContinued, true);
  assert.equal(second.evalId, first.evalId);
  assert.equal(again.requests.length, 2);
  assert.equal(second.isComplete, true);
  assert.equal(second.summary.measured, 4);
  assert.equal((await store.evaluations())[0]?.state, "complete");
});

Deno.test("runEvaluation() judges later what the grader's machinery failed to judge", async () => {
  const store = memoryStore();
  const plan = planFor(greedyMode(SETTINGS));
  const broken: Grader = {
    ...exactGrader(),
    grade: () => Promise.reject(new InfrastructureError("grader", "No worker")),
  };
  const first = await runEvaluation(
    loaded(),
    plan,
    partsFor(knownPolicy(SCRIPT), { store, grader: broken }),
  );
  assert.equal(first.isComplete, false);
  assert.equal(first.summary.headline, null);
  assert.equal(first.summary.counts.missing, 4);
  const policy = knownPolicy(SCRIPT);
  const second = await runEvaluation(loaded(), plan, partsFor(policy, { store }));
  assert.equal(policy.requests.length, 0);
  assert.deepEqual(values(second.summary), { "pass@1": 0.5 });
});

Deno.test("runEvaluation(), stopped anywhere and continued, equals an undisturbed one", async () => {
  const mode = sampleMode(SETTINGS);
  const plan = planFor(mode, { samples: 4 });
  const undisturbed = memoryStore();
  await runEvaluation(loaded(), plan, partsFor(knownPolicy(SCRIPT), { store: undisturbed }));
  const expected = timeless(await undisturbed.samples(1));
  for (let stopAfter = 1; stopAfter < 16; stopAfter += 4) {
    const store = memoryStore();
    const controller = new AbortController();
    let made = 0;
    const stopping = partsFor(knownPolicy(SCRIPT), {
      store,
      signal: controller.signal,
      onSample: () => {
        if (++made === stopAfter) controller.abort(new Error("stopped"));
      },
    });
    await assert.rejects(runEvaluation(loaded(), plan, stopping), /stopped/);
    assert.equal((await store.evaluations())[0]?.state, "incomplete");
    const result = await runEvaluation(loaded(), plan, partsFor(knownPolicy(SCRIPT), { store }));
    assert.equal(result.isContinued, true);
    assert.deepEqual(timeless(await store.samples(result.evalId)), expected);
  }
});

Deno.test("runEvaluation() keeps every sample of a problem apart in a recording", async () => {
  const replies = memoryReplyStore();
  const plan = planFor(sampleMode(SETTINGS), { samples: 4 });
  const run = async (mode: "record" | "replay") => {
    const store = memoryStore();
    const policy = recordedPolicy(knownPolicy(mode === "record" ? SCRIPT : {}), {
      store: replies,
      mode,
    });
    const { evalId } = await runEvaluation(loaded(), plan, partsFor(policy, { store }));
    return timeless(await store.samples(evalId));
  };
  const recorded = await run("record");
  assert.deepEqual(await run("replay"), recorded);
  const second = recorded.filter(({ problemId }) => problemId === "known/2");
  assert.deepEqual(second.map(({ answer }) => answer), ["5", "7", "5", "7"]);
});

Deno.test("two evaluations run at once on one store without touching one another", async () => {
  const store = memoryStore();
  const other: Script = Object.fromEntries(PROBLEMS.map(({ id }) => [id, [7, 7]]));
  const run = (script: Script, seed: number) =>
    runEvaluation(
      loaded(),
      planFor(sampleMode(SETTINGS), { samples: 2, seed }),
      partsFor(knownPolicy(script, { seed }), { store }),
    );
  const [first, second] = await Promise.all([run(SCRIPT, 0), run(other, 1)]);
  assert.notEqual(first.evalId, second.evalId);
  assert.equal(values(first.summary)["avg@2"], (1 + 0.5 + 0.5 + 0) / 4);
  assert.equal(values(second.summary)["avg@2"], 0);
});

Deno.test("runEvaluation() goes on with more problems and more samples", async () => {
  const store = memoryStore();
  const mode = sampleMode(SETTINGS);
  const small = await runEvaluation(
    { ...loaded(PROBLEMS.slice(0, 2)), checksum: loaded().checksum, total: 4 },
    planFor(mode, { samples: 1 }),
    partsFor(knownPolicy(SCRIPT), { store }),
  );
  assert.equal(small.isLimited, true);
  const policy = knownPolicy(SCRIPT);
  const large = await runEvaluation(
    loaded(),
    planFor(mode, { samples: 2 }),
    partsFor(policy, { store }),
  );
  assert.equal(large.evalId, small.evalId);
  assert.equal(large.summary.measured, 4);
  // Six samples are new; one of them, "no box", is a program with an answer as well.
  assert.equal(policy.requests.length, 12);
  assert.equal(large.isLimited, false);
});

Deno.test("runEvaluation() stops before the next sample when it may not go on", async () => {
  const store = memoryStore();
  let asked = 0;
  const result = await runEvaluation(
    loaded(),
    planFor(greedyMode(SETTINGS)),
    partsFor(knownPolicy(SCRIPT), { store, concurrency: 1, mayGoOn: () => ++asked <= 2 }),
  );
  assert.equal(result.summary.measured, 2);
  assert.equal(result.isComplete, false);
});

Deno.test("storedEvaluation() finds what is stored whole, and nothing else", async () => {
  const store: Store = memoryStore();
  const grader = exactGrader().version;
  const plan = planFor(greedyMode(SETTINGS));
  const options = { store, grader, calibration: null };
  assert.equal(await storedEvaluation(loaded(), plan, options), null);
  const made = await runEvaluation(loaded(), plan, partsFor(knownPolicy(SCRIPT), { store }));
  const found = await storedEvaluation(loaded(), plan, options);
  assert.deepEqual(found, { ...made, isContinued: true });
  assert.equal(await storedEvaluation(loaded(), { ...plan, seed: 1 }, options), null);
  assert.equal(await storedEvaluation(loaded(), { ...plan, open: "new" }, options), null);
  assert.equal(
    await storedEvaluation(loaded(), plan, { ...options, grader: "another" }),
    null,
  );
});

Deno.test("evaluationRequest() differs wherever a sample would mean something else", () => {
  const base = planFor(makeMode("sample", SUITE));
  const spec = (plan: typeof base, suite = loaded()) =>
    JSON.stringify(evaluationRequest(suite, plan).spec);
  const changed = PROBLEMS.map((problem) => ({ ...problem, answer: "6" }));
  const others = [
    spec({ ...base, seed: 1 }),
    spec({ ...base, mode: makeMode("sample", SUITE, { temperature: 0.5 }) }),
    spec({ ...base, mode: makeMode("sample", SUITE, { noCode: true }) }),
    spec({ ...base, spec: { policy: "another" } }),
    spec(base, loaded(changed)),
  ];
  assert.equal(new Set([spec(base), ...others]).size, 6);
  assert.equal(spec({ ...base, samples: 64 }), spec(base));
  assert.equal(spec({ ...base, provenance: "other" }), spec(base));
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
