import assert from "node:assert/strict";
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testTree } from "../conformance/store.ts";
import { linesOf, prepareRun, startProgram, temporaryFolder } from "./_files.ts";

Deno.test("writeTree() loses, doubles and tears nothing when the process is killed", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const problems = 600;
  const acknowledged = new Set<string>();
  for (const killAfter of [1, 40, 90]) {
    const child = startProgram("_writing_child.ts", [path, String(problems)]);
    let heard = 0;
    for await (const line of linesOf(child.stdout)) {
      acknowledged.add(line);
      if (++heard === killAfter) child.kill("SIGKILL");
    }
    await child.status;
  }
  await using store = await openStore(path);
  const runNo = await prepareRun(store, problems);
  assert.equal(await store.tornTrees(), 0);
  const wanted = Array.from({ length: problems }, (_, i) => testProblem(i + 1));
  const problemIds = wanted.map(({ id }) => id);
  const key = { runNo, roundNo: 0 };
  const problemNos = await store.putProblems(wanted);
  const left = await store.pending({ ...key, problemNos, seeds: [0], maxFailures: 1 });
  const pending = new Set(Array.from(left, ({ index }) => problemIds[index]));
  const stored = problemIds.filter((id) => !pending.has(id));
  assert.ok(acknowledged.size > 90, `${acknowledged.size} acknowledged`);
  assert.deepEqual([...acknowledged].filter((id) => pending.has(id)), []);
  for (const id of stored) {
    const tree = testTree(id, 0);
    assert.deepEqual(await store.readTree(key, tree), tree);
  }
  assert.equal((await store.summary(runNo)).trees, stored.length);
});
