/** Tests that every store must pass. Run over the real one and the one in memory. */
import assert from "node:assert/strict";
import { type Json, seededRandom } from "../../lib/core/mod.ts";
import type { Store } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "./_store_values.ts";
import { testArtifacts } from "./store_artifacts.ts";
import { testEvaluations } from "./store_evaluations.ts";

export { testProblem, testRun, testTree } from "./_store_values.ts";

/** Runs the suite over one implementation. `make` gives an empty store. */
export function testStore(name: string, make: () => Promise<Store>): void {
  testEvaluations(name, make);
  testArtifacts(name, make);

  Deno.test(`${name}: openRun() continues the run of the same name and specification`, async () => {
    await using store = await make();
    const first = await store.openRun(testRun());
    assert.deepEqual({ ...first, specHash: first.specHash.length }, {
      runNo: 1,
      name: "r",
      specHash: 64,
      isContinued: false,
      beside: null,
    });
    const again = await store.openRun(
      testRun({ spec: { policy: "m", search: { window: 1, rollouts: 8 } } }),
    );
    assert.deepEqual(again, { ...first, isContinued: true });
    assert.equal((await store.runs()).length, 1);
  });

  Deno.test(`${name}: matchRun() finds what openRun() would continue, and keeps nothing`, async () => {
    await using store = await make();
    const request = testRun();
    assert.equal(await store.matchRun(request), null);
    assert.deepEqual(await store.runs(), []);
    const opened = await store.openRun(request);
    const same = { ...opened, isContinued: true };
    assert.deepEqual(await store.matchRun(request), same);
    assert.deepEqual(await store.matchRun({ ...request, mode: "resume" }), same);
    assert.equal(await store.matchRun({ ...request, mode: "new" }), null);
    assert.equal(await store.matchRun({ ...request, spec: { policy: "n" } }), null);
    assert.equal(await store.matchRun({ ...request, name: "other" }), null);
    await assert.rejects(store.matchRun({ ...request, name: "other", mode: "resume" }), {
      name: "UsageError",
      message: /^Cannot resume run "other": there is none of this name; stored: r$/,
    });
  });

  Deno.test(`${name}: openRun() starts a changed run beside the old one and says what changed`, async () => {
    await using store = await make();
    await store.openRun(testRun());
    const changed = await store.openRun(
      testRun({ spec: { search: { rollouts: 16, window: 1 }, policy: "m" } }),
    );
    assert.deepEqual([changed.runNo, changed.name, changed.isContinued], [2, "r-2", false]);
    assert.deepEqual(changed.beside, {
      name: "r",
      changes: [{ path: "search.rollouts", before: 8, after: 16 }],
    });
    assert.equal((await store.openRun(testRun())).name, "r");
  });

  Deno.test(`${name}: openRun() continues a run of an earlier version, and says only what really changed`, async () => {
    await using store = await make();
    const first = await store.openRun(testRun({ spec: { rollouts: 8 } }));
    const upgrade = (stored: Json) => ({ version: 1, window: 1, ...Object(stored) });
    const today = { version: 1, window: 1, rollouts: 8 };
    const again = await store.openRun(testRun({ spec: today, upgrade }));
    assert.deepEqual(again, { ...first, isContinued: true });
    const other = await store.openRun(testRun({ spec: { ...today, window: 2 }, upgrade }));
    assert.deepEqual(other.beside?.changes, [{ path: "window", before: 1, after: 2 }]);
  });

  Deno.test(`${name}: openRun() starts over beside when asked for a new run`, async () => {
    await using store = await make();
    await store.openRun(testRun());
    const fresh = await store.openRun(testRun({ mode: "new" }));
    assert.deepEqual([fresh.name, fresh.isContinued, fresh.beside], ["r-2", false, {
      name: "r",
      changes: [],
    }]);
    assert.equal((await store.openRun(testRun())).name, "r-2", "the newest of equal runs goes on");
  });

  Deno.test(`${name}: openRun() refuses to resume what does not exist or differs`, async () => {
    await using store = await make();
    await assert.rejects(() => store.openRun(testRun({ mode: "resume" })), {
      name: "UsageError",
      message: 'Cannot resume run "r": there is none of this name; stored: none',
    });
    await store.openRun(testRun());
    await assert.rejects(
      () => store.openRun(testRun({ mode: "resume", spec: { policy: "n" } })),
      {
        name: "UsageError",
        message: 'Cannot resume run "r": its settings differ: policy: "m" -> "n"; ' +
          'search: {"rollouts":8,"window":1} -> absent',
      },
    );
    assert.equal((await store.openRun(testRun({ mode: "resume" }))).isContinued, true);
  });

  Deno.test(`${name}: putProblems() keeps the number of an id`, async () => {
    await using store = await make();
    assert.deepEqual(await store.putProblems([testProblem(1), testProblem(2)]), [1, 2]);
    assert.deepEqual(await store.putProblems([testProblem(3), testProblem(2)]), [3, 2]);
    assert.deepEqual(await store.putProblems([]), []);
  });

  Deno.test(`${name}: putProblems() refuses another question or answer under an old id`, async () => {
    await using store = await make();
    await store.putProblems([testProblem(1)]);
    const message =
      'Cannot use problem "test/1": its question or answer differs from the one stored under the same id; ' +
      "give the changed problem another id, or use another database with --db";
    for (const changes of [{ question: "Other?" }, { answer: "7" }]) {
      await assert.rejects(() => store.putProblems([testProblem(2), testProblem(1, changes)]), {
        name: "UsageError",
        message,
      });
    }
    const numbers = await store.putProblems([testProblem(2)]);
    assert.deepEqual(numbers, [2], "nothing of the refused call was kept");
  });

  Deno.test(`${name}: putProblems() refuses an id that occurs twice`, async () => {
    await using store = await make();
    await assert.rejects(() => store.putProblems([testProblem(1), testProblem(1)]), {
      name: "UsageError",
      message: 'Cannot use problem "test/1": the id occurs twice',
    });
  });

  Deno.test(`${name}: readTree() gives back the tree that was written`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(1)]);
    const tree = testTree("test/1", 4095);
    const key = { runNo, roundNo: 15 };
    assert.equal(await store.readTree(key, tree), null);
    assert.equal(await store.writeTree(key, tree), "stored");
    assert.deepEqual(await store.readTree(key, tree), tree);
    assert.equal(await store.readTree({ runNo, roundNo: 14 }, tree), null);
  });

  Deno.test(`${name}: writeTree() keeps the first of two trees with the same key`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(1)]);
    const key = { runNo, roundNo: 0 };
    const first = testTree("test/1", 0, true);
    const outcomes = await Promise.all([
      store.writeTree(key, first),
      store.writeTree(key, testTree("test/1", 0, false)),
    ]);
    assert.deepEqual(outcomes, ["stored", "duplicate"]);
    assert.equal(await store.writeTree(key, testTree("test/1", 0, false)), "duplicate");
    assert.deepEqual(await store.readTree(key, first), first);
    assert.equal((await store.summary(runNo)).nodes, 5);
  });

  Deno.test(`${name}: writeTree() refuses a key out of range`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(1)]);
    await assert.rejects(
      async () => await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 4096)),
      RangeError,
    );
  });

  Deno.test(`${name}: pending() gives exactly the missing keys, in order`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const problems = [testProblem(1), testProblem(2), testProblem(3)];
    const problemNos = await store.putProblems(problems);
    const key = { runNo, roundNo: 2 };
    await store.writeTree(key, testTree("test/2", 0));
    await store.writeTree(key, testTree("test/1", 1));
    await store.writeTree({ runNo, roundNo: 3 }, testTree("test/3", 0));
    const [one = 0, two = 0, three = 0] = problemNos;
    const request = { ...key, problemNos: [three, one, two], seeds: [0, 1], maxFailures: 2 };
    const pending = await store.pending(request);
    assert.deepEqual([pending.count, pending.givenUp], [4, 0]);
    const expected = [
      { index: 0, seed: 0 },
      { index: 1, seed: 0 },
      { index: 0, seed: 1 },
      { index: 2, seed: 1 },
    ];
    assert.deepEqual([...pending], expected);
    await store.writeTree(key, testTree("test/1", 0));
    assert.deepEqual([...pending], expected, "what is stored later changes nothing");
    assert.deepEqual([...await store.pending({ ...request, problemNos: [two] })], [
      { index: 0, seed: 1 },
    ]);
    for (const nothing of [{ problemNos: [] }, { seeds: [] }]) {
      const none = await store.pending({ ...request, ...nothing });
      assert.deepEqual([none.count, [...none]], [0, []]);
    }
  });

  Deno.test(`${name}: pending() tells apart many problems and seeds`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const problems = Array.from({ length: 41 }, (_, i) => testProblem(i + 1));
    const problemNos = await store.putProblems(problems);
    const key = { runNo, roundNo: 15 };
    const seeds = [7, 4095, 9];
    const random = seededRandom(17);
    const wanted = seeds.flatMap((seed) => problems.map((_, index) => ({ index, seed })));
    const isLeft = wanted.map(() => random() < 0.4);
    const stored = wanted.filter((_, i) => isLeft[i] === false);
    await Promise.all(
      stored.map(({ index, seed }) => store.writeTree(key, testTree(`test/${index + 1}`, seed))),
    );
    await store.writeTree(key, testTree("test/1", 8));
    // One more problem each time: every position of the last bit within its byte.
    for (let count = 30; count <= problems.length; count++) {
      const pending = await store.pending({
        ...key,
        seeds,
        maxFailures: 1,
        problemNos: problemNos.slice(0, count),
      });
      const left = wanted.filter(({ index }, i) => isLeft[i] === true && index < count);
      assert.deepEqual([...pending], left);
      assert.equal(pending.count, left.length);
    }
  });

  Deno.test(`${name}: pending() leaves out what failed too often`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const problemNos = await store.putProblems([testProblem(1)]);
    const key = { runNo, roundNo: 0 };
    const attempt = {
      ...key,
      problemId: "test/1",
      seed: 0,
      boundary: "endpoint" as const,
      error: "refused",
    };
    const request = { ...key, problemNos, seeds: [0], maxFailures: 2 };
    const counts = async () => {
      const { count, givenUp } = await store.pending(request);
      return [count, givenUp];
    };
    await store.writeAttempt(attempt);
    assert.deepEqual(await counts(), [1, 0]);
    await store.writeAttempt(attempt);
    assert.deepEqual(await counts(), [0, 1]);
    assert.deepEqual([...await store.pending(request)], []);
    assert.equal((await store.summary(runNo)).failedAttempts, 2);
  });

  Deno.test(`${name}: summary() counts a run and one of its rounds`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    await store.putProblems([testProblem(1), testProblem(2), testProblem(3)]);
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 1, false));
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/3", 0, false));
    await store.writeTree({ runNo, roundNo: 1 }, testTree("test/2", 0));
    assert.deepEqual(await store.summary(runNo, { roundNo: 0 }), {
      trees: 3,
      nodes: 15,
      rollouts: 6,
      problems: 2,
      solved: 1,
      levels: [{ level: 1, problems: 1, solved: 1 }, { level: null, problems: 1, solved: 0 }],
      trajectories: { correct: 1, wrong: 2 },
      depths: [
        { depth: 1, nodes: 6, meanQ: (3 * (1 / 3) - 3) / 6 },
        { depth: 2, nodes: 3, meanQ: 1 / 3 },
      ],
      statuses: { code_error: 3, ok: 9 },
      promptTokens: 300,
      generatedTokens: 204,
      ppmTokens: 150,
      treeSeconds: 6,
      price: null,
      failedAttempts: 0,
    });
    assert.equal((await store.summary(runNo)).trees, 4);
    assert.equal((await store.summary(runNo + 1)).trees, 0);
  });

  Deno.test(`${name}: cumulativeCoverage() counts each problem once, over the rounds up to one`, async () => {
    await using store = await make();
    const { runNo } = await store.openRun(testRun());
    const other = await store.openRun(testRun({ name: "other" }));
    await store.putProblems([testProblem(1), testProblem(2), testProblem(3)]);
    await store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0, false));
    await store.writeTree({ runNo, roundNo: 1 }, testTree("test/2", 0));
    // Solved in the second round, and lost again in the third, which takes another problem besides.
    await store.writeTree({ runNo, roundNo: 2 }, testTree("test/1", 0));
    await store.writeTree({ runNo, roundNo: 2 }, testTree("test/1", 1, false));
    await store.writeTree({ runNo, roundNo: 3 }, testTree("test/1", 0, false));
    await store.writeTree({ runNo, roundNo: 3 }, testTree("test/3", 0, false));
    await store.writeTree({ runNo: other.runNo, roundNo: 1 }, testTree("test/3", 0));
    const upTo = (round: number) => store.cumulativeCoverage(runNo, round);
    assert.deepEqual(await upTo(0), { problems: 0, solved: 0 });
    assert.deepEqual(await upTo(1), { problems: 2, solved: 1 });
    assert.deepEqual(await upTo(2), { problems: 2, solved: 2 });
    assert.deepEqual(await upTo(3), { problems: 3, solved: 2 });
  });

  Deno.test(`${name}: putReply() keeps the first reply of a key`, async () => {
    await using store = await make();
    const key = { requestHash: "a".repeat(64), sample: 0 };
    assert.equal(await store.getReply(key), null);
    await store.putReply(key, "one");
    await store.putReply(key, "two");
    await store.putReply({ ...key, sample: 1 }, "three");
    assert.equal(await store.getReply(key), "one");
    assert.equal(await store.getReply({ ...key, sample: 1 }), "three");
  });
}
