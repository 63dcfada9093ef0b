import assert from "node:assert/strict";
import { openReadOnly, openStore, readParquetRows } from "../../lib/store/mod.ts";
import { testRun, testTree } from "../conformance/store.ts";
import { allRows, prepareRun, temporaryFolder, withDuckDb } from "./_files.ts";

Deno.test("query() answers over steps, depths and views", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(path);
    const runNo = await prepareRun(store, 1);
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
  }
  using database = await openReadOnly(path);
  const result = await database.query(
    "select depth, count(*), avg(q_value) from node group by all order by 1",
  );
  assert.deepEqual(result.columns, ["depth", "count_star()", "avg(q_value)"]);
  assert.deepEqual(result.types, ["UTINYINT", "BIGINT", "DOUBLE"]);
  assert.deepEqual((await Array.fromAsync(result.batches)).flat(), [
    [0, 1, 1 / 3],
    [1, 3, (1 / 3 - 1) / 2],
    [2, 1, 1 / 3],
  ]);
  assert.deepEqual(
    await allRows(
      database.query("SELECT run, problem_id, kind, status FROM steps ORDER BY node_id"),
    ),
    [
      ["r", "test/1", "step", "ok"],
      ["r", "test/1", "answer", "ok"],
      ["r", "test/1", "step", "code_error"],
      ["r", "test/1", "step", "ok"],
    ],
  );
  assert.deepEqual(
    await allRows(database.query("SELECT correct, answer, reference, steps FROM trajectories")),
    [[true, "16", "2", 2]],
  );
  assert.deepEqual(
    await allRows(database.query("SELECT trees, solved_trees, sessions FROM runs")),
    [
      [1, 1, 1],
    ],
  );
  assert.deepEqual(
    await allRows(
      database.query("SELECT count(*) FROM node WHERE depth = $1", { parameters: [1] }),
    ),
    [[3]],
  );
});

Deno.test("query() turns every type into JSON", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const rows = await allRows(store.query(
    `SELECT 9007199254740993, 170141183460469231731687303715884105727::HUGEINT, 1.50::DECIMAL(4,2),
      DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05', [1::BIGINT, NULL], {'a': 1::UBIGINT}, NULL, 'x'::BLOB,
      true, 0.1::DOUBLE, 'nan'::DOUBLE`,
  ));
  assert.deepEqual(rows, [[
    "9007199254740993",
    "170141183460469231731687303715884105727",
    1.5,
    "2026-01-02",
    "2026-01-02 03:04:05",
    [1, null],
    { a: 1 },
    null,
    "x",
    true,
    0.1,
    "NaN",
  ]]);
});

Deno.test("query() streams: leaving after the first batch frees the query", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const { batches } = await store.query("SELECT * FROM range(1000000000)");
  for await (const rows of batches) {
    assert.equal(rows.length, 2_048);
    break;
  }
  assert.deepEqual(await allRows(store.query("SELECT 1")), [[1]]);
});

Deno.test("query() ends a statement that takes too long", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const endless = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b";
  await assert.rejects(() => allRows(store.query(endless, { timeoutMs: 50 })), {
    name: "UsageError",
    message: "Cannot run the statement: expected an end within 50 ms, got none",
  });
});

Deno.test("query() ends a statement that is no longer wanted", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const endless = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b";
  const controller = new AbortController();
  const asked = allRows(store.query(endless, { signal: controller.signal }));
  setTimeout(() => controller.abort(new Error("left")), 50);
  await assert.rejects(asked, { message: "left" });
  await assert.rejects(() => store.query("SELECT 1", { signal: controller.signal }), {
    message: "left",
  });
  assert.deepEqual(await allRows(store.query("SELECT 1")), [[1]]);
});

Deno.test("query() reads behind comments and in every form of a reading statement", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  for (
    const sql of [
      "-- one\n/* two */ SELECT 1;",
      "(SELECT 1) UNION ALL (SELECT 2)",
      "FROM run",
      "WITH x AS (SELECT 1) SELECT * FROM x",
      "VALUES (1)",
      "DESCRIBE node",
      "SUMMARIZE run",
      "SHOW TABLES",
      "EXPLAIN SELECT 1",
    ]
  ) await allRows(store.query(sql));
});

Deno.test("query() says what is wrong with a statement", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  await assert.rejects(() => store.query("SELECT q FROM node"), {
    name: "UsageError",
    message: /^Cannot run the statement: Binder Error: Referenced column "q" not found/,
  });
});

Deno.test("snapshot() makes a copy that opens while the store writes", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/it's a.duckdb`);
  const runNo = await prepareRun(store, 1);
  await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
  const copy = `${folder.path}/copy.duckdb`;
  await store.snapshot(copy);
  await store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0));
  {
    using database = await openReadOnly(copy);
    assert.deepEqual(await allRows(database.query("SELECT round, nodes FROM trees")), [[0, 5]]);
  }
  await assert.rejects(() => store.snapshot(copy), {
    name: "StoreError",
    message:
      `Cannot write snapshot "${copy}": expected a new file, got one that exists; name another`,
  });
  await assert.rejects(() => store.snapshot("/elsewhere/copy.duckdb"), { name: "StoreError" });
  await using opened = await openStore(copy);
  assert.equal(
    (await opened.openRun(testRun())).isContinued,
    true,
  );
});

Deno.test("readParquetRows() reads rows with numbers as numbers", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/it's.parquet`;
  await withDuckDb(":memory:", async (connection) => {
    await connection.run(
      `COPY (SELECT 'a' AS id, 3::BIGINT AS level, ['x'] AS tags) TO '${
        path.replaceAll("'", "''")
      }'`,
    );
  });
  assert.deepEqual(await readParquetRows(path), [{ id: "a", level: 3, tags: ["x"] }]);
  await Deno.writeTextFile(`${folder.path}/b.parquet`, "no parquet");
  await assert.rejects(() => readParquetRows(`${folder.path}/b.parquet`), { name: "StoreError" });
});

Deno.test("query() never ends the rows of an interrupted statement as if they were all", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const many = "SELECT i, md5(i::VARCHAR) FROM range(3000000) t(i)";
  const controller = new AbortController();
  const { batches } = await store.query(many, { signal: controller.signal });
  await assert.rejects(async () => {
    for await (const _batch of batches) controller.abort(new Error("no longer wanted"));
  }, { message: "no longer wanted" });
  const late = await store.query(many, { timeoutMs: 300 });
  await assert.rejects(async () => {
    for await (const _batch of late.batches) {
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  }, { message: /expected an end within 300 ms/ });
});

Deno.test("readParquetRows() says why a file cannot be read, without a statement that nobody wrote", async () => {
  const path = await Deno.makeTempFile({ suffix: ".parquet" });
  try {
    await Deno.writeTextFile(path, "no Parquet at all, but long enough for one");
    await assert.rejects(readParquetRows(path), (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.ok(error.message.startsWith(`Cannot read "${path}": expected a Parquet file: `));
      assert.doesNotMatch(error.message, /SELECT|\n/);
      return true;
    });
  } finally {
    await Deno.remove(path);
  }
  await assert.rejects(readParquetRows(path), {
    name: "StoreError",
    message: `Cannot read "${path}": there is no such file or folder`,
  });
});
