import assert from "node:assert/strict";
import type { TreeRecord } from "../../lib/core/mod.ts";
import {
  type ExportedProblem,
  limitRollouts,
  type NodeSelection,
  readProblems,
} from "../../lib/export/mod.ts";
import { type DuckdbStore, openReadOnly, openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun } from "../conformance/store.ts";
import { generatedTree } from "../store/_generated_tree.ts";
import { withDuckDb } from "../store/_files.ts";

const ALL: NodeSelection = { leading: "judged", failures: false, scorer: null, rollouts: null };

/** Trees of five problems in two rounds; the third problem was searched in the second round only. */
function recordsOf(roundNo: number): readonly TreeRecord[] {
  return [1, 2, 3, 4, 5].filter((number) => roundNo === 2 || number !== 3).flatMap((number) =>
    [0, 1].map((seed) => generatedTree(`test/${number}`, seed, 100 * roundNo + 10 * number + seed))
  );
}

async function fill(store: DuckdbStore): Promise<number> {
  await store.putProblems([5, 4, 3, 2, 1].map((number) => testProblem(number)));
  const other = await store.openRun(testRun({ name: "other" }));
  await store.writeTree({ runNo: other.runNo, roundNo: 1 }, generatedTree("test/1", 0, 999));
  const { runNo } = await store.openRun(testRun());
  for (const roundNo of [2, 1]) {
    for (const tree of recordsOf(roundNo)) await store.writeTree({ runNo, roundNo }, tree);
  }
  return runNo;
}

/** The store that all tests read; the one that adds to it adds what the others do not look at. */
const filled = { path: "", runNo: 0, folder: "" };

Deno.test.beforeAll(async () => {
  filled.folder = await Deno.makeTempDir();
  filled.path = `${filled.folder}/a.duckdb`;
  await using store = await openStore(filled.path);
  filled.runNo = await fill(store);
});

Deno.test.afterAll(() => Deno.remove(filled.folder, { recursive: true }));

async function readAll(
  path: string,
  options: Parameters<typeof readProblems>[1],
): Promise<readonly ExportedProblem[]> {
  using database = await openReadOnly(path);
  return await Array.fromAsync(readProblems(database, options));
}

Deno.test("readProblems() gives the judged part of every tree, problem by problem", async () => {
  const { path, runNo } = filled;
  const problems = await readAll(path, { runNo, rounds: [2, 1], nodes: ALL });
  assert.deepEqual(
    problems.map(({ problemId, trees }) => [
      problemId,
      trees.map(({ round, seed }) => `${round}.${seed}`).join(" "),
    ]),
    [5, 4, 3, 2, 1].map((number) => [
      `test/${number}`,
      number === 3 ? "2.0 2.1" : "1.0 1.1 2.0 2.1",
    ]),
  );
  for (const { problemId, trees } of problems) {
    for (const { round, seed, nodes } of trees) {
      const record = recordsOf(round).find((tree) =>
        tree.problemId === problemId && tree.seed === seed
      );
      assert.deepEqual(nodes.map(plain), judgedPart(record));
    }
  }
});

type Shown = readonly (string | number | boolean | null)[];

function plain(node: ExportedProblem["trees"][number]["nodes"][number]): Shown {
  const { nodeId, parentId, kind, status, text, code, visits, valueSum, qValue, correct } = node;
  const { rightAnswers, wrongAnswers, generatedTokens, score } = node;
  return [
    ...[nodeId, parentId, kind, status, text, code, visits, valueSum, qValue, correct],
    ...[rightAnswers, wrongAnswers, generatedTokens, score],
  ];
}

/** The same by walking up from every judged answer. */
function judgedPart(record: TreeRecord | undefined): readonly Shown[] {
  assert.ok(record !== undefined);
  const right = new Map<number | null, number>();
  const wrong = new Map<number | null, number>();
  for (const { nodeId, correct } of record.nodes.filter((node) => node.correct !== null)) {
    const counts = correct === true ? right : wrong;
    for (let id: number | null = nodeId; id !== null; id = record.nodes[id]?.parentId ?? null) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return record.nodes
    .filter(({ nodeId }) => nodeId === 0 || right.has(nodeId) || wrong.has(nodeId))
    .map((node) =>
      plain({
        ...node,
        rightAnswers: right.get(node.nodeId) ?? 0,
        wrongAnswers: wrong.get(node.nodeId) ?? 0,
        score: null,
      })
    );
}

Deno.test("readProblems() reads the same in slices of any size", async () => {
  const { path, runNo } = filled;
  const source = { runNo, rounds: [1, 2], nodes: ALL };
  const whole = await readAll(path, source);
  for (const sliceNodes of [1, 1_000, 3_000]) {
    assert.deepEqual(await readAll(path, { ...source, sliceNodes }), whole);
  }
});

Deno.test("readProblems() selects rounds and nodes", async () => {
  const { path, runNo } = filled;
  const first = await readAll(path, { runNo, rounds: [1], nodes: ALL });
  assert.deepEqual(first.map(({ problemId }) => problemId), [
    "test/5",
    "test/4",
    "test/2",
    "test/1",
  ]);
  const nodesOf = async (nodes: Partial<NodeSelection>) =>
    (await readAll(path, { runNo, rounds: [1], nodes: { ...ALL, ...nodes } }))
      .flatMap(({ trees }) => trees.flatMap((tree) => tree.nodes));
  const right = await nodesOf({ leading: "right" });
  assert.ok(right.every(({ nodeId, rightAnswers }) => nodeId === 0 || rightAnswers > 0));
  const failures = await nodesOf({ failures: true });
  const stored = recordsOf(1).flatMap(({ nodes }) => nodes);
  assert.equal(
    failures.filter(({ status }) => status !== "ok").length,
    stored.filter(({ status }) => status !== "ok").length,
  );
  const visited = await nodesOf({ leading: "visited" });
  const isSeen = (node: TreeRecord["nodes"][number]) => node.visits > 0 || node.parentId === null;
  assert.ok(visited.length >= stored.filter(isSeen).length);
});

Deno.test("readProblems() may count the first rollouts of every tree only", async () => {
  const { path, runNo } = filled;
  const read = (rollouts: number | null) =>
    readAll(path, {
      runNo,
      rounds: [2],
      nodes: { ...ALL, leading: "visited", rollouts },
    });
  const whole = await read(null);
  const limited = await read(3);
  for (const [i, { problemId, trees }] of limited.entries()) {
    for (const [j, tree] of trees.entries()) {
      const record = recordsOf(2).find((one) =>
        one.problemId === problemId && one.seed === tree.seed
      );
      const from = whole[i]?.trees[j];
      assert.ok(record !== undefined && from !== undefined);
      assert.deepEqual(tree, limitRollouts(from, record.rollouts.slice(0, 3)));
      assert.ok((tree.nodes[0]?.visits ?? 9) <= 3);
    }
  }
});

Deno.test("readProblems() gives the scores of another model", async () => {
  const { path, runNo } = filled;
  await withDuckDb(path, async (connection) => {
    await connection.run(
      `INSERT INTO node_score SELECT tree_id, node_id, 7, node_id / 2 FROM node WHERE correct
       UNION ALL SELECT tree_id, node_id, 8, -1 FROM node`,
    );
  });
  const problems = await readAll(path, { runNo, rounds: [2], nodes: { ...ALL, scorer: 7 } });
  const nodes = problems.flatMap(({ trees }) => trees.flatMap((tree) => tree.nodes));
  assert.ok(nodes.some(({ score }) => score !== null));
  for (const { nodeId, correct, score } of nodes) {
    assert.equal(score, correct === true ? nodeId / 2 : null);
  }
});

Deno.test("readProblems() refuses rounds that are none", async () => {
  const { path, runNo } = filled;
  await assert.rejects(() => readAll(path, { runNo, rounds: [], nodes: ALL }), {
    name: "RangeError",
    message: "Cannot read rounds: expected whole numbers, got []",
  });
});
