import assert from "node:assert/strict";
import { easyProblems, treesOfRound } from "../../../lib/cli/evolve/round_trees.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { testRun, testTree } from "../../conformance/store.ts";
import { prepareRun, temporaryFolder } from "../../store/_files.ts";

Deno.test("treesOfRound() counts problems once, whatever the number of their trees, and those of its round alone", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 4);
  const other = (await store.openRun(testRun({ name: "other" }))).runNo;
  const grow = (problem: number, seed: number, isSolved: boolean, key = { runNo, roundNo: 2 }) =>
    store.writeTree(key, testTree(`test/${problem}`, seed, isSolved));
  await grow(1, 0, false);
  await grow(1, 1, true);
  await grow(2, 0, false);
  await grow(2, 1, false);
  await grow(3, 0, true, { runNo, roundNo: 1 });
  await grow(4, 0, true, { runNo: other, roundNo: 2 });
  await grow(2, 0, true, { runNo, roundNo: 1 });
  await grow(1, 0, true, { runNo: other, roundNo: 1 });
  await grow(1, 0, true, { runNo, roundNo: 3 });
  const trees = await treesOfRound({ store, runNo }, 2);
  assert.deepEqual([trees.problems, [...trees.solved], trees.solvedBefore], [2, ["test/1"], 1]);
  const none = await treesOfRound({ store, runNo }, 4);
  assert.deepEqual([none.problems, none.solved.size, none.solvedBefore], [0, 0, 0]);
});

Deno.test("easyProblems() are those of which the latest earlier round found right trajectories alone", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 7);
  const other = (await store.openRun(testRun({ name: "other" }))).runNo;
  const grow = async (
    problem: number,
    roundNo: number,
    trees: readonly (readonly [right: number, wrong: number])[],
    run = runNo,
  ) => {
    for (const [seed, [correctTerminals, wrongTerminals]] of trees.entries()) {
      const tree = testTree(`test/${problem}`, seed);
      await store.writeTree({ runNo: run, roundNo }, { ...tree, correctTerminals, wrongTerminals });
    }
  };
  // Easy; easy with a tree that came to no answer; mixed in one tree; mixed over two; no answer at all.
  await grow(1, 1, [[2, 0]]);
  await grow(2, 1, [[0, 0], [1, 0]]);
  await grow(3, 1, [[3, 1]]);
  await grow(4, 1, [[2, 0], [0, 1]]);
  await grow(5, 1, [[0, 0]]);
  // Easy later on, and no longer easy.
  await grow(3, 2, [[4, 0]]);
  await grow(6, 1, [[4, 0]]);
  await grow(6, 2, [[4, 1]]);
  await grow(7, 1, [[4, 0]], other);
  const easy = async (round: number) => [...await easyProblems({ store, runNo }, round)].toSorted();
  assert.deepEqual(await easy(1), []);
  assert.deepEqual(await easy(2), ["test/1", "test/2", "test/6"]);
  assert.deepEqual(await easy(3), ["test/1", "test/2", "test/3"]);
  // Trees of the round itself, be it half done, change nothing.
  await grow(1, 3, [[0, 1]]);
  assert.deepEqual(await easy(3), ["test/1", "test/2", "test/3"]);
});
