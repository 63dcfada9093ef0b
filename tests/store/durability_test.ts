import assert from "node:assert/strict";
import { openStore } from "../../lib/store/mod.ts";
import { testRun, testTree } from "../conformance/store.ts";
import { prepareRun, temporaryFolder, withDuckDb } from "./_files.ts";

Deno.test("writeTree() keeps many trees that arrive at once, and close() waits for them", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const store = await openStore(path);
  const runNo = await prepareRun(store, 200);
  const writes = Array.from(
    { length: 200 },
    (_, i) => store.writeTree({ runNo, roundNo: 0 }, testTree(`test/${i + 1}`, 0)),
  );
  await store[Symbol.asyncDispose]();
  await assert.rejects(() => store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0)), {
    name: "StoreError",
    message: "Cannot store a tree: the store is closed",
  });
  assert.deepEqual(new Set(await Promise.all(writes)), new Set(["stored"]));
  await using opened = await openStore(path);
  assert.deepEqual([(await opened.summary(runNo)).nodes, await opened.tornTrees()], [1_000, 0]);
});

Deno.test("writeTree() keeps a tree of more rows than a chunk holds", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 1);
  const small = testTree("test/1", 0);
  const last = small.nodes[4];
  assert.ok(last !== undefined);
  const many = Array.from({ length: 10_000 }, (_, i) => ({ ...last, nodeId: 5 + i, drawIndex: i }));
  const tree = { ...small, nodes: [...small.nodes, ...many] };
  await store.writeTree({ runNo, roundNo: 0 }, tree);
  assert.deepEqual(await store.readTree({ runNo, roundNo: 0 }, tree), tree);
});

Deno.test("a failed batch leaves nothing behind and the next one is stored", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const runNo = await prepareRun(store, 2);
  const key = { runNo, roundNo: 0 };
  const broken = {
    ...testTree("test/1", 0),
    nodes: [{ ...testTree("test/1", 0).nodes[0], depth: 256 }],
  };
  // The record breaks its own contract on purpose: a depth that the column cannot hold.
  await assert.rejects(() =>
    store.writeTree(key, broken as unknown as ReturnType<typeof testTree>)
  );
  assert.equal(await store.tornTrees(), 0);
  assert.equal(await store.readTree(key, testTree("test/1", 0)), null);
  assert.equal(await store.writeTree(key, testTree("test/2", 0)), "stored");
  assert.equal(await store.writeTree(key, testTree("test/1", 0)), "stored");
});

Deno.test("tornTrees() counts a tree whose nodes are not all there, and nodes without a tree", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    const runNo = await prepareRun(store, 2);
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/2", 0));
  }
  await withDuckDb(path, async (connection) => {
    await connection.run(
      "DELETE FROM node WHERE node_id = 4 AND tree_id = (SELECT min(tree_id) FROM tree)",
    );
    await connection.run("DELETE FROM tree WHERE tree_id = (SELECT max(tree_id) FROM tree)");
  });
  await using store = await openStore(path);
  assert.equal(await store.tornTrees(), 2);
});

Deno.test("a tree is redone in one transaction", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const key = { runNo: 1, roundNo: 0 };
  {
    await using store = await openStore(path);
    await prepareRun(store, 1);
    await store.writeTree(key, testTree("test/1", 0, false));
  }
  await withDuckDb(path, async (connection) => {
    await connection.run(
      "BEGIN; DELETE FROM node; DELETE FROM rollout; CREATE TEMP TABLE t AS FROM tree; DELETE FROM tree; " +
        "INSERT INTO tree SELECT * REPLACE (0 AS n_nodes) FROM t; COMMIT",
    );
  });
  await using store = await openStore(path);
  assert.equal((await store.openRun(testRun())).runNo, 1);
  assert.equal(await store.tornTrees(), 0);
});
