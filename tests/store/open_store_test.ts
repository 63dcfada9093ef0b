import assert from "node:assert/strict";
import { MIGRATIONS } from "../../lib/store/schema/migrations.ts";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { linesOf, prepareRun, startProgram, temporaryFolder, withDuckDb } from "./_files.ts";

Deno.test("openStore() names the process that holds the file", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const child = startProgram("_writing_child.ts", [path, "1"]);
  const lines = linesOf(child.stdout);
  assert.equal((await lines.next()).value, "test/1");
  const expected = {
    name: "StoreError",
    message:
      `Cannot use database "${path}": process ${child.pid} has it open; wait for it or end it, ` +
      "or name another file with --db",
  };
  await assert.rejects(() => openStore(path), expected);
  await assert.rejects(() => openReadOnly(path), expected);
  child.kill("SIGKILL");
  await lines.return?.();
  await child.status;
});

Deno.test("openStore() refuses a file of a newer version", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  await withDuckDb(
    path,
    async (c) => void await c.run("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)"),
  );
  const expected = {
    name: "StoreError",
    message:
      `Cannot open database "${path}": expected schema version ${MIGRATIONS.length} or older, got 99; update rstar`,
  };
  await assert.rejects(() => openStore(path), expected);
  await assert.rejects(() => openReadOnly(path), expected);
});

Deno.test("openStore() refuses a file that is no database", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/notes.txt`;
  await Deno.writeTextFile(path, "notes ".repeat(5_000));
  await assert.rejects(() => openStore(path), {
    name: "StoreError",
    message:
      /^Cannot use database ".*notes\.txt": it is no database that this version of DuckDB can read; name another/,
  });
  assert.match(await Deno.readTextFile(path), /^notes notes/);
});

Deno.test("openStore() refuses a database with tables that are not ours", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/other.duckdb`;
  await withDuckDb(path, async (c) => void await c.run("CREATE TABLE cities(name VARCHAR)"));
  await assert.rejects(() => openStore(path), {
    name: "StoreError",
    message:
      `Cannot open database "${path}": expected a database of rstar, got one with other tables; ` +
      "name another file with --db",
  });
});

Deno.test("openStore() says that a folder cannot be made", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "");
  await assert.rejects(() => openStore(`${folder.path}/file/a.duckdb`), { name: "StoreError" });
});

Deno.test("openReadOnly() says that there is no such file", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/missing.duckdb`;
  await assert.rejects(() => openReadOnly(path), {
    name: "StoreError",
    message:
      `Cannot use database "${path}": there is no such file; make one with deno task synth, ` +
      "or name another with --db",
  });
});

Deno.test("openStore() finds everything again after it was closed", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/new folder/it's.duckdb`;
  {
    await using store = await openStore(path);
    await prepareRun(store, 2);
  }
  await using store = await openStore(path);
  assert.deepEqual((await store.runs()).map((run) => run.name), ["r"]);
  assert.deepEqual(await store.putProblems([]), []);
});
