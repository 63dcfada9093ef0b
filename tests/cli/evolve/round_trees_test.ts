import assert from "node:assert/strict";
import { treesOfRound } from "../../../lib/cli/evolve/round_trees.ts";
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
  const trees = await treesOfRound({ store, runNo }, 2);
  assert.deepEqual([trees.problems, [...trees.solved]], [2, ["test/1"]]);
  const none = await treesOfRound({ store, runNo }, 3);
  assert.deepEqual([none.problems, none.solved.size], [0, 0]);
});
