import assert from "node:assert/strict";
import { openReadOnly, openStore, type SqlReader } from "../../lib/store/mod.ts";
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

/** Every hostile statement is refused and leaves the database and its folder as they were. */
async function refuseAll(
  reader: SqlReader,
  { folder, isAsBefore }: { readonly folder: string; readonly isAsBefore: () => Promise<void> },
): Promise<void> {
  for (const sql of HOSTILE) {
    const statement = sql.replace("FOLDER", folder);
    await assert.rejects(() => allRows(reader.query(statement)), { name: "UsageError" }, sql);
    const names = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name);
    assert.deepEqual(names.filter((name) => !name.startsWith("a.duckdb")), [], sql);
    await isAsBefore();
  }
}

Deno.test("DuckdbStore.query() refuses every statement that writes, reaches out or sets", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  await prepareRun(store, 1);
  await refuseAll(store, {
    folder: folder.path,
    isAsBefore: async () => assert.equal((await store.runs()).length, 1),
  });
});

Deno.test("openReadOnly() refuses every statement that writes, reaches out or sets", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    await prepareRun(store, 1);
  }
  using database = await openReadOnly(path);
  await refuseAll(database, {
    folder: folder.path,
    isAsBefore: async () =>
      assert.deepEqual(await allRows(database.query("SELECT count(*) FROM run")), [[1]]),
  });
});

Deno.test("openReadOnly() reads no other file of the database's folder", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  using database = await openReadOnly(path);
  await refuseFiles(database, folder.path);
});

Deno.test("DuckdbStore.query() reads no other file of the database's folder", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  await refuseFiles(store, folder.path);
  await store.snapshot(`${folder.path}/copy.duckdb`);
  await refuseFiles(store, folder.path);
});

async function refuseFiles(reader: SqlReader, folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/secret.txt`, "secret");
  for (const path of ["secret.txt", "*.txt", "a.duckdb.wal/../secret.txt", "copy.duckdb"]) {
    await assert.rejects(
      () => allRows(reader.query(`SELECT content FROM read_text('${folder}/${path}')`)),
      { name: "UsageError", message: /^Cannot run the statement: Permission Error/ },
      path,
    );
  }
}
