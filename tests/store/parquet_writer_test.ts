import assert from "node:assert/strict";
import { ANALYSES, openStore, readParquetRows, writeParquet } from "../../lib/store/mod.ts";
import { testTree } from "../conformance/store.ts";
import { prepareRun, temporaryFolder } from "./_files.ts";

async function storeWithTree(path: string): Promise<void> {
  await using store = await openStore(path);
  const runNo = await prepareRun(store, 1);
  await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
}

Deno.test("writeParquet() writes a statement's rows with their types, in place of a file that is there", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  const path = `${folder.path}/it's.parquet`;
  await storeWithTree(db);
  const sql =
    "SELECT node_id, step_text, 'it''s; -- text' AS t FROM steps ORDER BY node_id; -- end";
  assert.equal(await writeParquet({ db, source: { sql: "SELECT 1 AS x" }, path }), 1);
  assert.equal(await writeParquet({ db, source: { sql }, path }), 4);
  const rows = await readParquetRows(path);
  assert.equal(rows.length, 4);
  assert.deepEqual([rows[0]?.["node_id"], rows[0]?.["t"]], [1, "it's; -- text"]);
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assert.deepEqual(names, ["a.duckdb", "it's.parquet"]);
});

Deno.test("writeParquet() writes a named analysis", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  const path = `${folder.path}/a.parquet`;
  await storeWithTree(db);
  for (const analysis of ANALYSES) {
    await writeParquet({ db, source: { analysis, request: { run: "r", round: 0 } }, path });
  }
  const cost = ANALYSES.find(({ name }) => name === "cost");
  assert.ok(cost !== undefined);
  await writeParquet({ db, source: { analysis: cost, request: {} }, path });
  assert.equal((await readParquetRows(path))[0]?.["run"], "r");
});

Deno.test("writeParquet() runs nothing that writes or reads elsewhere", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeWithTree(db);
  await Deno.writeTextFile(`${folder.path}/secret.txt`, "secret");
  const path = `${folder.path}/out.parquet`;
  const hostile = [
    "DELETE FROM run",
    "COPY (SELECT 1) TO 'FOLDER/other.parquet'",
    `SELECT 1) TO 'FOLDER/other.parquet'; --`,
    "SELECT 1'); COPY (SELECT 1) TO 'FOLDER/other.parquet'; --",
    "ATTACH 'FOLDER/other.duckdb'",
    "SELECT * FROM read_text('FOLDER/secret.txt')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT 1; SELECT 2",
    "",
  ];
  for (const sql of hostile) {
    const source = { sql: sql.replace("FOLDER", folder.path) };
    await assert.rejects(() => writeParquet({ db, source, path }), { name: "UsageError" }, sql);
  }
  await assert.rejects(() => writeParquet({ db, source: { sql: "SELECT 1" }, path: db }), {
    name: "UsageError",
    message: `Cannot write "${db}": it is the database; name another file`,
  });
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assert.deepEqual(names, ["a.duckdb", "secret.txt"]);
  await using store = await openStore(db);
  assert.equal((await store.runs()).length, 1);
});

Deno.test("writeParquet() ends a statement that takes too long or is no longer wanted", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await storeWithTree(db);
  const source = { sql: "SELECT count(*) FROM range(10000000000) a, range(10000000000) b" };
  const path = `${folder.path}/out.parquet`;
  await assert.rejects(() => writeParquet({ db, source, path, timeoutMs: 50 }), {
    name: "UsageError",
    message: "Cannot run the statement: expected an end within 50 ms, got none",
  });
  const controller = new AbortController();
  const writing = writeParquet({ db, source, path, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("left")), 50);
  await assert.rejects(writing, { message: "left" });
});
