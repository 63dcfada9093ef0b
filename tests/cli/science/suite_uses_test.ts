import assert from "node:assert/strict";
import { countSuiteUses, totalUses, usesText } from "../../../lib/cli/science/suite_uses.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { testEvaluation, testSample, testVerdict } from "../../conformance/store_evaluations.ts";
import { prepareRun, temporaryFolder } from "../../store/_files.ts";
import { answer, handTree } from "../../store/_hand_tree.ts";

Deno.test("countSuiteUses() counts evaluations, also longer ones, fresh trees and rankings of a suite's problems, and nothing else", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 9);
  const count = async () => {
    const { evaluations, trees, rankings } = await countSuiteUses(store, "math500");
    return [evaluations, trees, rankings].map(({ uses, problems }) => [uses, problems]);
  };
  const write = (evalId: number, numbers: readonly number[]) =>
    store.writeSamples(
      evalId,
      numbers.map((number) => testSample(number)),
      numbers.map((number) => testVerdict(number)),
    );
  assert.deepEqual(await count(), [[0, 0], [0, 0], [0, 0]]);
  const { evalId } = await store.openEvaluation(testEvaluation({ suite: "math500", runNo }));
  assert.deepEqual(await count(), [[0, 0], [0, 0], [0, 0]], "nobody has seen anything yet");
  await write(evalId, [1, 2]);
  assert.deepEqual(await count(), [[1, 2], [0, 0], [0, 0]]);
  await write(evalId, [3, 4]);
  assert.deepEqual(await count(), [[1, 4], [0, 0], [0, 0]], "an extension is of further problems");
  const other = await store.openEvaluation(
    testEvaluation({ suite: "math500", mode: "mcts", runNo }),
  );
  await write(other.evalId, [1]);
  await store.writeSamples(other.evalId, [testSample(2, { outcome: "infrastructure" })], []);
  const foreign = await store.openEvaluation(testEvaluation({ suite: "another", runNo }));
  await write(foreign.evalId, [9]);
  assert.deepEqual(await count(), [[2, 5], [0, 0], [0, 0]]);
  const grow = async (problem: number, seed: number) => {
    const tree = {
      ...handTree([answer(0, "1", { correct: true })], { seed }),
      problemId: `test/${problem}`,
    };
    await store.writeTree({ runNo, roundNo: 1 }, tree);
  };
  for (const [problem, seed] of [[1, 0], [2, 0], [1, 1], [9, 0]] as const) {
    await grow(problem, seed);
  }
  assert.deepEqual(await count(), [[2, 5], [2, 3], [0, 0]], "problem 9 is none of the suite");
  const { batches } = await store.query("SELECT tree_id::VARCHAR FROM tree ORDER BY tree_id");
  const scores = (await Array.fromAsync(batches)).flat().map(([treeId]) => ({
    treeId: String(treeId),
    nodeId: 1,
    score: 0.5,
  }));
  await store.saveNodeScores(7, scores);
  await store.saveNodeScores(8, scores.slice(0, 1));
  const suiteUses = await countSuiteUses(store, "math500");
  assert.deepEqual(suiteUses.rankings, { uses: 2, problems: 3 });
  assert.equal(totalUses(suiteUses), 6);
  assert.match(
    usesText(suiteUses, "math500"),
    /^Uses of math500 .*: 6, namely 2 evaluations \(5 problems\), 2 sets of trees .* \(3 problems\), 2 reward models /,
  );
});
