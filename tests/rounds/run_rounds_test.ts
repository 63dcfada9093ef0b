import assert from "node:assert/strict";
import fc from "fast-check";
import { InfrastructureError, ProviderError, StoreError, UsageError } from "../../lib/core/mod.ts";
import {
  isComplete,
  RoundParams,
  runRounds,
  type Stage,
  type StageEvent,
  STAGES,
} from "../../lib/rounds/mod.ts";
import { type Fixture, LEVELLESS, newFixture, run } from "./_fixture.ts";
import { artifactsOf, Death, scriptedPlan, scriptedStages } from "./_world.ts";

Deno.test("runRounds() does the stages of every round in order, each with what the ones before made", async () => {
  const fixture = newFixture();
  const outcome = await run(fixture, scriptedPlan({ schedule: { rounds: 3 } }));
  assert.deepEqual(outcome, { ended: "complete", round: 3 });
  assert.deepEqual(fixture.world.log, [
    "evaluate 0 base -",
    "search 1 with base -",
    "sft 1",
    "policy 1 <- sft@1 base",
    "pairs 1",
    "ppm 1 <- pairs@1 policy@1",
    "evaluate 1 policy@1 ppm@1",
    "search 2 with policy@1 -",
    "search 2 with policy@1 -",
    "sft 2",
    "policy 2 <- sft@2 base",
    "pairs 2",
    "ppm 2 <- pairs@2 policy@2",
    "evaluate 2 policy@2 ppm@2",
    "search 3 with policy@2 ppm@2",
    "search 3 with policy@2 ppm@2",
    "sft 3",
    "policy 3 <- sft@3 base",
    "pairs 3",
    "ppm 3 <- pairs@3 policy@3",
    "evaluate 3 policy@3 ppm@3",
  ]);
});

Deno.test("runRounds() keeps lineage: checkpoint from file, file from the checkpoints that grew its trees", async () => {
  const fixture = newFixture();
  await run(fixture, scriptedPlan({ schedule: { rounds: 3 } }));
  assert.deepEqual(await artifactsOf(fixture.store), [
    "policy@0 <- ",
    "sft@1 <- policy@0",
    "policy@1 <- policy@0 sft@1",
    "pairs@1 <- policy@0",
    "ppm@1 <- pairs@1 policy@1",
    "sft@2 <- policy@0 policy@1",
    "policy@2 <- policy@0 sft@2",
    "pairs@2 <- policy@0 policy@1",
    "ppm@2 <- pairs@2 policy@2",
    "sft@3 <- policy@0 policy@1 policy@2 ppm@2",
    "policy@3 <- policy@0 sft@3",
    "pairs@3 <- policy@0 policy@1 policy@2 ppm@2",
    "ppm@3 <- pairs@3 policy@3",
  ]);
  const rounds = await fixture.store.rounds(1);
  assert.deepEqual(rounds.map(({ roundNo, state, policy, ppm }) => [roundNo, state, policy, ppm]), [
    [0, "done", null, null],
    [1, "done", "hash of base", null],
    [2, "done", "hash of policy@1", null],
    [3, "done", "hash of policy@2", "hash of ppm@2"],
  ]);
});

Deno.test("runRounds() searches round 1 with a bootstrap model and trains from the base", async () => {
  const fixture = newFixture();
  const bootstrap = { location: "coder", sha256: null, rows: null, meta: {} };
  fixture.world.folders.add("coder");
  await run(fixture, scriptedPlan({ schedule: { rounds: 2 }, bootstrap }));
  const { log } = fixture.world;
  assert.deepEqual([log[0], log[1], log[3]], [
    "evaluate 0 base -",
    "search 1 with coder -",
    "policy 1 <- sft@1 base",
  ]);
  assert.ok(log.includes("search 2 with policy@1 -"));
  assert.deepEqual((await artifactsOf(fixture.store)).slice(0, 4), [
    "policy@0 <- ",
    "bootstrap@0 <- ",
    "sft@1 <- bootstrap@0",
    "policy@1 <- policy@0 sft@1",
  ]);
  assert.equal((await fixture.store.rounds(1))[1]?.policy, "coder");
});

Deno.test("runRounds() has nothing to do the second time, and goes on with further rounds", async () => {
  const fixture = newFixture();
  await run(fixture, scriptedPlan({ schedule: { rounds: 2 } }));
  const done = [...fixture.world.log];
  const events: StageEvent[] = [];
  await run(fixture, scriptedPlan({ schedule: { rounds: 2 } }), { onStage: (e) => events.push(e) });
  assert.deepEqual(fixture.world.log, done);
  assert.ok(events.every(({ type }) => type === "skipped"));
  await run(fixture, scriptedPlan({ schedule: { rounds: 3 } }));
  assert.equal(fixture.world.log[done.length], "search 3 with policy@2 ppm@2");
});

Deno.test("runRounds() gives further trees to the unsolved problems only", async () => {
  const fixture = newFixture();
  const plan = scriptedPlan();
  const solved = new Set(plan.schedules[3]?.problemIds.slice(0, 3));
  await run(fixture, plan, { solves: ({ round, problem }) => round < 4 || solved.has(problem) });
  const further = [...fixture.world.trees].filter((tree) => tree.startsWith("4/1/"));
  assert.deepEqual(further, [`4/1/${plan.schedules[3]?.problemIds[3]}`]);
});

Deno.test("runRounds() that dies anywhere, again and again, ends like one that was left alone", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
      fc.constantFrom("fresh" as const, "same" as const),
      async (deaths, selection) => {
        const schedule = selection === "same" ? { ...LEVELLESS, problemsPerRound: 30 } : {};
        const plan = scriptedPlan({ schedule: { ...schedule, selection } });
        const alone = newFixture();
        await run(alone, plan);
        const killed = newFixture();
        for (const steps of deaths) {
          let left = steps;
          const tick = () => {
            if (left-- <= 0) throw new Death();
          };
          await run(killed, plan, { tick }).catch((error: unknown) => {
            if (!(error instanceof Death)) throw error;
          });
        }
        await run(killed, plan);
        assert.deepEqual(await artifactsOf(killed.store), await artifactsOf(alone.store));
        assert.deepEqual([...killed.world.trees].sort(), [...alone.world.trees].sort());
        assert.deepEqual(killed.world.folders, alone.world.folders);
        const states = async ({ store }: Fixture) =>
          (await store.rounds(1)).map(({ roundNo, state, policy, ppm, params }) => ({
            roundNo,
            state,
            policy,
            ppm,
            leftAlone: RoundParams.parse(params).leftAlone,
          }));
        assert.deepEqual(await states(killed), await states(alone));
      },
    ),
    { numRuns: 200 },
  ));

Deno.test("runRounds() takes nothing for its own that others keep of a round", async () => {
  const fixture = newFixture();
  const plan = scriptedPlan({ schedule: { rounds: 1 } });
  await run(fixture, { ...plan, stopAfter: "search" });
  await fixture.store.addArtifact({
    kind: "sft",
    runNo: 1,
    roundNo: 1,
    role: "policy",
    location: "elsewhere",
    sha256: "x",
    rows: 1,
    meta: {},
    parents: [],
  });
  await run(fixture, plan);
  assert.ok(fixture.world.log.includes("policy 1 <- sft@1 base"));
});

Deno.test("isComplete() is true once every round is done and measured as asked, and asks the store alone", async () => {
  const fixture = newFixture();
  const plan = scriptedPlan({ schedule: { rounds: 2 } });
  assert.equal(await isComplete(plan, fixture.store), false);
  await run(fixture, { ...plan, stopAfter: "ppm" });
  assert.equal(await isComplete(plan, fixture.store), false);
  await run(fixture, plan);
  assert.equal(await isComplete(plan, fixture.store), true);
  assert.equal(await isComplete({ ...plan, evaluation: null }, fixture.store), false);
  assert.equal(await isComplete(scriptedPlan({ schedule: { rounds: 3 } }), fixture.store), false);
});

Deno.test("runRounds() stops after a stage of the first round that is not done, and goes on with the next", async () => {
  const fixture = newFixture();
  for (const [index, stage] of STAGES.entries()) {
    const outcome = await run(fixture, scriptedPlan({ stopAfter: stage }));
    assert.deepEqual(outcome, { ended: "stopped", round: 1 });
    assert.equal(fixture.world.log.length, index + 2);
  }
  assert.deepEqual(await run(fixture, scriptedPlan({ stopAfter: "search" })), {
    ended: "stopped",
    round: 2,
  });
  assert.equal(fixture.world.log.at(-1), "search 2 with policy@1 -");
});

Deno.test("runRounds() begins with a later round when the one before has its checkpoint", async () => {
  const fixture = newFixture();
  await assert.rejects(run(fixture, scriptedPlan({ fromRound: 2 })), {
    name: "UsageError",
    message: "Cannot go on: round 1 has no policy checkpoint yet; begin with an earlier round",
  });
  await run(fixture, scriptedPlan({ stopAfter: "ppm" }));
  await run(fixture, scriptedPlan({ fromRound: 2, schedule: { rounds: 2 } }));
  assert.deepEqual(fixture.world.measured, [0, 2], "round 1 is left as it is");
});

Deno.test("runRounds() measures again when another evaluation is asked for, and does nothing else again", async () => {
  const fixture = newFixture();
  await run(fixture, scriptedPlan({ schedule: { rounds: 2 } }));
  const done = fixture.world.log.length;
  await run(fixture, scriptedPlan({ schedule: { rounds: 2 }, evaluation: { problems: 500 } }));
  assert.deepEqual(fixture.world.log.slice(done), [
    "evaluate 0 base -",
    "evaluate 1 policy@1 ppm@1",
    "evaluate 2 policy@2 ppm@2",
  ]);
});

Deno.test("runRounds() ends when a round gains less than the margin", async () => {
  const fixture = newFixture();
  const outcome = await run(fixture, scriptedPlan({ untilFlat: 0.02 }), {
    scores: [0.2, 0.6, 0.61, 0.9],
  });
  assert.deepEqual(outcome, { ended: "flat", round: 2 });
});

Deno.test("runRounds() never calls an unmeasured round flat", async () => {
  const outcome = await run(newFixture(), scriptedPlan({ untilFlat: 0.02 }));
  assert.equal(outcome.ended, "complete");
});

Deno.test.each<["sft" | "pairs", RegExp]>([
  [
    "sft",
    /stage "sft" of round 2: no right trajectory survives the rules.*other settings .*, or --new-run, begin a run beside it$/,
  ],
  [
    "pairs",
    /stage "pairs" of round 2: no pair of a right and a wrong step.*other settings .*, or --new-run, begin a run beside it$/,
  ],
])(
  "runRounds() stops at a round whose %s data are empty, says the cure, and keeps no artifact",
  async (kind, message) => {
    const fixture = newFixture();
    const rows = (of: "sft" | "pairs", round: number) => of === kind && round === 2 ? 0 : 10;
    await assert.rejects(
      run(fixture, scriptedPlan(), { rows }),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
    assert.ok(!(await artifactsOf(fixture.store)).some((name) => name.startsWith(`${kind}@2`)));
    await run(fixture, scriptedPlan());
    assert.equal((await fixture.store.rounds(1)).at(-1)?.state, "done");
  },
);

Deno.test("runRounds() names round and stage of a failure of the machinery, keeps its boundary, and goes on later", async () => {
  const fixture = newFixture();
  const trainPpm = () => Promise.reject(new InfrastructureError("process", "The trainer died"));
  await assert.rejects(run(fixture, scriptedPlan(), { stages: { trainPpm } }), {
    name: "InfrastructureError",
    boundary: "process",
    message:
      'Cannot finish stage "ppm" of round 1: The trainer died; every stage before it is stored: the same command goes on from here, ' +
      "one with other settings of search, data or learning begins a run beside it",
  });
  assert.equal((await fixture.store.rounds(1)).at(-1)?.state, "ppm");
  await run(fixture, scriptedPlan());
  assert.equal(fixture.world.log.filter((entry) => entry.startsWith("policy 1")).length, 1);
});

Deno.test("runRounds() takes a full disk for a failure of the machinery, and says what helps", async () => {
  const exportSft = async () => await Deno.writeTextFile("/dev/full", "x") as never;
  await assert.rejects(run(newFixture(), scriptedPlan(), { stages: { exportSft } }), {
    name: "InfrastructureError",
    boundary: "store",
    message:
      /stage "sft" of round 1: No space left on device .*: the disk is full; make room; every stage before it is stored: when that is mended, the same command goes on/,
  });
});

Deno.test.each<[string, Error, RegExp]>([
  [
    "settings that are wrong",
    new UsageError("The file is gone"),
    /The file is gone; every stage before it is stored: when that is mended, the same command goes on from here/,
  ],
  [
    "an endpoint that refuses the key",
    new ProviderError("No such key", { status: 401, isRetryable: false }),
    /No such key; every stage before it is stored: when that is mended, the same command goes on from here/,
  ],
  [
    "an endpoint that was busy",
    new ProviderError("Too busy", { status: 503, isRetryable: true }),
    /Too busy; every stage before it is stored: the same command goes on from here/,
  ],
  [
    "a database that cannot be used",
    new StoreError("Its log is damaged; repair it", { isDamaged: true }),
    /^Cannot finish stage "ppm" of round 1: Its log is damaged; repair it$/,
  ],
])(
  "runRounds() says that the same command goes on only where it can: %s",
  async (_name, error, message) => {
    const trainPpm = () => Promise.reject(error);
    await assert.rejects(run(newFixture(), scriptedPlan(), { stages: { trainPpm } }), { message });
  },
);

Deno.test("runRounds() leaves an error that is a fault of the program as it is", async () => {
  const fault = new TypeError("undefined is not a function");
  const search = () => Promise.reject(fault);
  await assert.rejects(
    run(newFixture(), scriptedPlan(), { stages: { search } }),
    (error: unknown) => error === fault,
  );
});

Deno.test("runRounds() says that a checkpoint is gone, and where it was", async () => {
  const fixture = newFixture();
  await run(fixture, scriptedPlan({ schedule: { rounds: 1 } }));
  fixture.world.folders.delete("policy@1");
  await assert.rejects(run(fixture, scriptedPlan()), {
    name: "UsageError",
    message:
      /policy checkpoint of round 1 is no longer at "policy@1"; restore it, forget the round .*--from-round 1\), or start over/,
  });
});

Deno.test.each([...STAGES])(
  "runRounds() ends with the signal's reason in stage %s",
  async (stage: Stage) => {
    const fixture = newFixture();
    const controller = new AbortController();
    const reason = new Error("stop");
    await assert.rejects(
      run(fixture, scriptedPlan(), {
        signal: controller.signal,
        onStage: (event) => {
          if (event.type === "begun" && event.round === 1 && event.stage === stage) {
            controller.abort(reason);
          }
        },
      }),
      (error: unknown) => error === reason,
    );
    await run(fixture, scriptedPlan());
    assert.equal((await fixture.store.rounds(1)).at(-1)?.state, "done");
  },
);

Deno.test("runRounds() keeps how long each stage took and what search went on without", async () => {
  const fixture = newFixture();
  let clock = 0;
  const scripted = scriptedStages(fixture.world);
  await runRounds(scriptedPlan({ schedule: { rounds: 1 } }), {
    store: fixture.store,
    stages: {
      ...scripted,
      search: async (request) => {
        clock += 2500;
        await scripted.search(request);
        return { undone: 3 };
      },
    },
    now: () => clock,
    signal: new AbortController().signal,
  });
  const [, first] = await fixture.store.rounds(1);
  const { seconds, undone } = RoundParams.parse(first?.params);
  assert.deepEqual([seconds["search"], undone], [2.5, 3]);
});
