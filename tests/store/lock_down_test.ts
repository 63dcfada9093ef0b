import assert from "node:assert/strict";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { allRows, prepareRun, temporaryFolder } from "./_files.ts";

const HOSTILE = [
  "CREATE TABLE x(i INTEGER)",
  "CREATE TEMP TABLE x AS SELECT 1",
  "INSERT INTO reply VALUES ('a', 'b')",
  "DELETE FROM run",
  "DROP VIEW steps",
  "ATTACH ':memory:' AS other",
  "COPY (SELECT 1) TO 'FOLDER/out.csv'",
  "COPY reply FROM 'FOLDER/in.csv'",
  "EXPORT DATABASE 'FOLDER/export'",
  "EXPLAIN EXPORT DATABASE 'FOLDER/export'",
  "-- a comment\nEXPORT DATABASE 'FOLDER/export'",
  "/* SELECT */ EXPORT DATABASE 'FOLDER/export'",
  "EXPLAIN ANALYZE DELETE FROM run",
  "WITH x AS (SELECT 1) DELETE FROM run",
  "EXPLAIN (ANALYZE) DELETE FROM run",
  "SET enable_external_access = true",
  "SET threads = 1",
  "PRAGMA enable_profiling",
  "INSTALL httpfs",
  "LOAD httpfs",
  "CHECKPOINT",
  "BEGIN; SELECT 1",
  "SELECT * FROM read_text('/etc/hostname')",
  "SELECT * FROM read_csv('/etc/passwd')",
  "SELECT * FROM glob('/etc/*')",
  "SELECT getenv('HOME')",
  "",
];

for (const access of ["openReadOnly()", "DuckdbStore.query()"] as const) {
  for (const sql of HOSTILE) {
    Deno.test(`${access} refuses ${JSON.stringify(sql)}`, async () => {
      await using folder = await temporaryFolder();
      const path = `${folder.path}/a.duckdb`;
      const statement = sql.replace("FOLDER", folder.path);
      await using store = await openStore(path);
      await prepareRun(store, 1);
      if (access === "DuckdbStore.query()") {
        await assert.rejects(() => allRows(store.query(statement)), { name: "UsageError" });
        assert.equal((await store.runs()).length, 1);
      } else {
        await store[Symbol.asyncDispose]();
        using database = await openReadOnly(path);
        await assert.rejects(() => allRows(database.query(statement)), { name: "UsageError" });
        assert.deepEqual(await allRows(database.query("SELECT count(*) FROM run")), [[1]]);
      }
      const names = (await Array.fromAsync(Deno.readDir(folder.path))).map((entry) => entry.name);
      assert.deepEqual(names.filter((name) => !name.startsWith("a.duckdb")), []);
    });
  }
}

Deno.test("openReadOnly() reads no other file of the database's folder", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  await Deno.writeTextFile(`${folder.path}/secret.txt`, "secret");
  using database = await openReadOnly(path);
  await assert.rejects(
    () => allRows(database.query(`SELECT content FROM read_text('${folder.path}/secret.txt')`)),
    { name: "UsageError", message: /^Cannot run the statement: Permission Error/ },
  );
});
