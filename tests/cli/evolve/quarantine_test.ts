import assert from "node:assert/strict";
import { quarantinedProblems } from "../../../lib/cli/evolve/quarantine.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { prepareRun, temporaryFolder } from "../../store/_files.ts";
import { answer, handTree } from "../../store/_hand_tree.ts";

Deno.test("problems that late rounds suspect are left out, from the round that is asked for", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 4);
  const grow = (problem: number, roundNo: number, multiplicity: number) =>
    store.writeTree({ runNo, roundNo }, {
      ...handTree([
        { parent: 0, multiplicity },
        { parent: 0, multiplicity: 8 - multiplicity },
        answer(1, "99", { correct: false }),
      ]),
      problemId: `test/${problem}`,
    });
  await grow(1, 1, 7);
  await grow(2, 2, 7);
  await grow(3, 3, 7);
  // Three of eight draws are no reason.
  await grow(4, 3, 3);
  const suspects = async (quarantineFrom: number | undefined, untilRound: number) => [
    ...await quarantinedProblems(store, { quarantineFrom }, { runNo, untilRound }),
  ];
  assert.deepEqual(await suspects(undefined, 3), []);
  assert.deepEqual(await suspects(3, 1), [], "the first round accuses nobody");
  assert.deepEqual(await suspects(3, 2), ["test/2"]);
  assert.deepEqual(await suspects(3, 3), ["test/2", "test/3"]);
  assert.deepEqual(await suspects(4, 3), ["test/3"]);
});
