import assert from "node:assert/strict";
import {
  compactDatabase,
  copyDatabase,
  openReadOnly,
  openStore,
  VIEWS,
} from "../../lib/store/mod.ts";
import { testRun } from "../conformance/store.ts";
import { allRows, linesOf, prepareRun, startProgram, temporaryFolder } from "./_files.ts";
import { generatedTree } from "./_generated_tree.ts";

/** A file with the trees of two runs. */
async function twoRuns(path: string): Promise<void> {
  await using store = await openStore(path);
  await prepareRun(store, 20);
  const { runNo } = await store.openRun(testRun({ name: "kept" }));
  for (let i = 0; i < 20; i++) {
    const tree = generatedTree(`test/${i + 1}`, 0, i + 1);
    await store.writeTree({ runNo: 1, roundNo: 0 }, tree);
    if (i === 0) await store.writeTree({ runNo, roundNo: 0 }, tree);
  }
}

Deno.test("copyDatabase() makes a copy in another folder that opens and holds everything", async () => {
  await using folder = await temporaryFolder();
  await using other = await temporaryFolder();
  const [from, to] = [`${folder.path}/it's.duckdb`, `${other.path}/copy.duckdb`];
  await twoRuns(from);
  await Deno.writeTextFile(`${to}.partial`, "left behind by a kill");
  await copyDatabase(from, to);
  using a = await openReadOnly(from);
  using b = await openReadOnly(to);
  for (const sql of ["FROM node ORDER BY tree_id, node_id", "FROM runs ORDER BY run_no"]) {
    assert.deepEqual(await allRows(b.query(sql)), await allRows(a.query(sql)));
  }
  for (const { example } of VIEWS) await allRows(b.query(example));
  await assert.rejects(() => copyDatabase(from, to), {
    name: "StoreError",
    message: `Cannot write copy "${to}": expected a new file, got one that exists; name another`,
  });
});

Deno.test("compactDatabase() gives back the room of a deleted run and keeps the others", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  await twoRuns(path);
  {
    await using store = await openStore(path);
    await store.deleteRun("r");
  }
  const { before, after } = await compactDatabase(path);
  assert.ok(after < before * 0.7, `${after} of ${before} bytes`);
  assert.equal((await Deno.stat(path)).size, after);
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name);
  assert.deepEqual(names, ["a.duckdb"]);
  await using store = await openStore(path);
  assert.equal(await store.tornTrees(), 0);
  await store.putProblems([]);
  assert.deepEqual((await store.runs()).map(({ name, trees }) => [name, trees]), [["kept", 1]]);
});

Deno.test("compactDatabase() and copyDatabase() leave a file alone that a process writes", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const child = startProgram("_writing_child.ts", [path, "1"]);
  const lines = linesOf(child.stdout);
  await lines.next();
  for (const work of [() => compactDatabase(path), () => copyDatabase(path, `${path}.copy`)]) {
    await assert.rejects(work, {
      name: "StoreError",
      message: new RegExp(`: process ${child.pid} has it open; wait for it or end it`),
      isBusy: true,
    });
  }
  child.kill("SIGKILL");
  await lines.return?.();
  await child.status;
  await assert.rejects(() => compactDatabase(`${folder.path}/missing.duckdb`), {
    name: "StoreError",
    message: /there is no such file/,
  });
});
