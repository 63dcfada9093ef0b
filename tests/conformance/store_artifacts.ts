/** Tests that every store must pass with artifacts, rounds and whole runs. Part of `store.ts`. */
import assert from "node:assert/strict";
import type { ArtifactRequest, RoundInfo, Store } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "./_store_values.ts";
import { testEvaluation, testSample, testVerdict } from "./store_evaluations.ts";

/** A checkpoint of no run. */
export function testArtifact(changes: Partial<ArtifactRequest> = {}): ArtifactRequest {
  return {
    kind: "checkpoint",
    runNo: null,
    roundNo: null,
    role: "policy",
    location: "r/round-1/policy",
    sha256: "0".repeat(64),
    rows: null,
    meta: { calibration: { b: 0.5, tau: 2 } },
    parents: [],
    ...changes,
  };
}

/** Runs the suite over one implementation. `make` gives an empty store. */
export function testArtifacts(name: string, make: () => Promise<Store>): void {
  Deno.test(`${name}: artifacts() gives back what was added, and filters`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const base = testArtifact({ roundNo: 0, runNo, sha256: null });
    const file = testArtifact({ kind: "sft", runNo, roundNo: 1, rows: 12, parents: [1] });
    const checkpoint = testArtifact({ runNo, roundNo: 1, role: "ppm", parents: [2, 1] });
    assert.equal(await store.addArtifact(base), 1);
    assert.equal(await store.addArtifact(file), 2);
    assert.equal(await store.addArtifact({ ...checkpoint, metrics: [] }), 3);
    const all = await store.artifacts();
    assert.deepEqual(
      all.map(({ madeAt: _madeAt, ...rest }) => rest),
      [base, file, checkpoint].map((request, i) => ({ ...request, artifactId: i + 1 })),
    );
    assert.ok(all.every(({ madeAt }) => Math.abs(madeAt.getTime() - Date.now()) < 3_600_000));
    const ids = async (filter: Parameters<Store["artifacts"]>[0]) =>
      (await store.artifacts(filter)).map(({ artifactId }) => artifactId);
    assert.deepEqual(await ids({ runNo }), [1, 2, 3]);
    assert.deepEqual(await ids({ runNo, roundNo: 0 }), [1]);
    assert.deepEqual(await ids({ roundNo: 1, kind: "checkpoint", role: "ppm" }), [3]);
    assert.deepEqual(await ids({ kind: "pairs" }), []);
  });

  Deno.test(`${name}: metrics() gives an artifact's curve by name and step`, async () => {
    await using store = await make();
    const metrics = [
      { step: 10, name: "loss", value: NaN },
      { step: 2, name: "loss", value: 0.1 + 0.2 },
      { step: 2, name: "accuracy", value: 1 },
    ];
    const id = await store.addArtifact(testArtifact({ metrics }));
    await store.addArtifact(testArtifact({ metrics: [{ step: 1, name: "loss", value: 3 }] }));
    assert.deepEqual(await store.metrics(id), [metrics[2], metrics[1], metrics[0]]);
    assert.deepEqual(await store.metrics(99), []);
  });

  Deno.test(`${name}: addArtifact() refuses a parent that is not stored`, async () => {
    await using store = await make();
    await assert.rejects(() => store.addArtifact(testArtifact({ parents: [4] })), {
      name: "StoreError",
      message: "Cannot store an artifact: expected its parent 4 to be stored, got none",
    });
    assert.deepEqual(await store.artifacts(), []);
  });

  Deno.test(`${name}: putRound() keeps the latest state of a round`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const round: RoundInfo = {
      runNo,
      roundNo: 2,
      policy: "p",
      ppm: null,
      params: { preset: "starter/r2" },
      state: "search",
    };
    await store.putRound(round);
    await store.putRound({ ...round, roundNo: 1 });
    await store.putRound({ ...round, ppm: "q", state: "done" });
    assert.deepEqual(await store.rounds(runNo), [
      { ...round, roundNo: 1 },
      { ...round, ppm: "q", state: "done" },
    ]);
    assert.deepEqual(await store.rounds(runNo + 1), []);
  });

  Deno.test(`${name}: renameRun() gives a run a name by which it goes on`, async () => {
    await using store = await make();
    const first = await store.openRun(testRun());
    await store.openRun(testRun({ mode: "new" }));
    await store.renameRun("r", "best");
    assert.deepEqual((await store.runs()).map((run) => run.name), ["best", "r-2"]);
    assert.deepEqual(await store.openRun(testRun({ name: "best" })), {
      ...first,
      name: "best",
      isContinued: true,
    });
    await store.renameRun("best", "best");
    await assert.rejects(() => store.renameRun("best", "r-2"), {
      name: "UsageError",
      message: 'Cannot rename run "best" to "r-2": there is a run of this name already',
    });
    await assert.rejects(() => store.renameRun("r", "x"), {
      name: "UsageError",
      message: 'Cannot use run "r": there is none of this name; stored: best, r-2',
    });
  });

  Deno.test(`${name}: deleteRun() forgets a run and nothing of the others`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1)]);
    const runs = [await store.openRun(testRun()), await store.openRun(testRun({ mode: "new" }))];
    const tree = testTree("test/1", 4095);
    for (const { runNo } of runs) {
      await store.writeTree({ runNo, roundNo: 15 }, tree);
      await store.writeAttempt({
        runNo,
        roundNo: 1,
        problemId: "test/1",
        seed: 0,
        boundary: "sandbox",
        error: "lost",
      });
      const { evalId } = await store.openEvaluation(testEvaluation({ runNo }));
      await store.writeSamples(evalId, [testSample(1)], [testVerdict(1)]);
      const artifact = await store.addArtifact(
        testArtifact({ runNo, metrics: [{ step: 1, name: "loss", value: 1 }] }),
      );
      await store.addArtifact(testArtifact({ runNo, parents: [artifact] }));
      await store.putRound({
        runNo,
        roundNo: 1,
        policy: null,
        ppm: null,
        params: {},
        state: "done",
      });
      await store.saveLoadSamples(runNo, [{ takenAt: new Date(), name: "open", value: 1 }]);
    }
    await store.deleteRun("r");
    assert.deepEqual((await store.runs()).map((run) => run.name), ["r-2"]);
    assert.equal(await store.readTree({ runNo: 1, roundNo: 15 }, tree), null);
    assert.equal((await store.summary(1)).failedAttempts, 0);
    assert.deepEqual(await store.rounds(1), []);
    assert.deepEqual((await store.evaluations()).map(({ evalId }) => evalId), [2]);
    assert.deepEqual((await store.artifacts()).map(({ artifactId }) => artifactId), [3, 4]);
    assert.deepEqual(await store.metrics(1), []);
    await assert.rejects(() => store.samples(1), { name: "StoreError" });
    assert.deepEqual(await store.readTree({ runNo: 2, roundNo: 15 }, tree), tree);
    assert.equal((await store.summary(2)).failedAttempts, 1);
    assert.equal((await store.samples(2))[0]?.verdicts.length, 1);
    assert.equal((await store.metrics(3)).length, 1);
    assert.equal((await store.rounds(2)).length, 1);
    await assert.rejects(() => store.deleteRun("r"), {
      name: "UsageError",
      message: 'Cannot use run "r": there is none of this name; stored: r-2',
    });
  });

  Deno.test(`${name}: deleteRun() forgets the rounds of a run from one on`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1)]);
    const { runNo } = await store.openRun(testRun());
    const other = await store.openRun(testRun({ mode: "new" }));
    const tree = testTree("test/1", 0);
    let before: number | null = null;
    for (const roundNo of [0, 1, 2, 3]) {
      await store.writeTree({ runNo, roundNo }, tree);
      const of = { runNo, roundNo, problemId: "test/1", seed: 1 };
      await store.writeAttempt({ ...of, boundary: "sandbox", error: "lost" });
      const { evalId } = await store.openEvaluation(testEvaluation({ runNo, roundNo }));
      await store.writeSamples(evalId, [testSample(1)], [testVerdict(1)]);
      before = await store.addArtifact(
        testArtifact({ runNo, roundNo, parents: before === null ? [] : [before] }),
      );
      await store.putRound({ runNo, roundNo, policy: null, ppm: null, params: {}, state: "done" });
    }
    await store.writeTree({ runNo: other.runNo, roundNo: 3 }, tree);
    const derived = await store.addArtifact(
      testArtifact({ runNo: other.runNo, parents: [before ?? 0] }),
    );
    await assert.rejects(() => store.deleteRun("r", { fromRound: 2 }), {
      message: /artifact 5 of run "r-2" was made from one of its artifacts/,
    });
    assert.equal(derived, 5);
    await store.deleteRun("r-2");
    const third = await store.openRun(testRun({ mode: "new" }));
    await store.writeTree({ runNo: third.runNo, roundNo: 3 }, tree);

    await store.deleteRun("r", { fromRound: 2 });
    assert.equal((await store.runs()).length, 2);
    const trees = await Promise.all(
      [0, 1, 2, 3].map((roundNo) => store.readTree({ runNo, roundNo }, tree)),
    );
    assert.deepEqual(trees, [tree, tree, null, null]);
    assert.deepEqual(await store.readTree({ runNo: third.runNo, roundNo: 3 }, tree), tree);
    assert.equal((await store.summary(runNo)).failedAttempts, 2);
    assert.deepEqual((await store.rounds(runNo)).map(({ roundNo }) => roundNo), [0, 1]);
    assert.deepEqual((await store.artifacts({ runNo })).map(({ roundNo }) => roundNo), [0, 1]);
    assert.deepEqual((await store.evaluations()).map(({ roundNo }) => roundNo), [0, 1]);
    assert.equal((await store.samples(1)).length, 1);

    assert.equal(await store.writeTree({ runNo, roundNo: 2 }, tree), "stored");
    assert.equal((await store.openRun(testRun())).isContinued, true);
  });

  Deno.test(`${name}: deleteRun() refuses a run that another one was made from`, async () => {
    await using store = await make();
    const first = await store.openRun(testRun());
    const second = await store.openRun(testRun({ mode: "new" }));
    const parent = await store.addArtifact(testArtifact({ runNo: first.runNo }));
    await store.addArtifact(testArtifact({ runNo: second.runNo, parents: [parent] }));
    await assert.rejects(() => store.deleteRun("r"), {
      name: "UsageError",
      message:
        'Cannot delete run "r": artifact 2 of run "r-2" was made from one of its artifacts; ' +
        "delete that run first",
    });
    assert.equal((await store.runs()).length, 2);
    await store.deleteRun("r-2");
    await store.deleteRun("r");
    assert.deepEqual(await store.artifacts(), []);
  });
}
