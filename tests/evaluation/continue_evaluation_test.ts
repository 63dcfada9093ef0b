/** Evaluations that are interrupted, fail in part, go on, or run beside one another. */
import assert from "node:assert/strict";
import { InfrastructureError } from "../../lib/core/mod.ts";
import { memoryReplyStore, recordedPolicy } from "../../lib/endpoint/mod.ts";
import {
  evaluationRequest,
  greedyMode,
  makeMode,
  runEvaluation,
  sampleMode,
  storedEvaluation,
} from "../../lib/evaluation/mod.ts";
import { exactGrader, type Grader } from "../../lib/grading/mod.ts";
import { memoryStore, type Store } from "../../lib/store/mod.ts";
import {
  knownPolicy,
  loaded,
  partsFor,
  planFor,
  PROBLEMS,
  SCRIPT,
  type Script,
  SETTINGS,
  SUITE,
  timeless,
  values,
} from "./_world.ts";

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
