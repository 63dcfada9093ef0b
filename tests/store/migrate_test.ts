import assert from "node:assert/strict";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { MIGRATIONS } from "../../lib/store/schema/migrations.ts";
import { testProblem } from "../conformance/store.ts";
import { generatedTree } from "./_generated_tree.ts";
import { allRows, prepareRun, temporaryFolder, withDuckDb } from "./_files.ts";

/** Everything that version 2 derives, in order. */
const DERIVED =
  "SELECT tree_id, node_id, path_min_q, right_answers, wrong_answers FROM node ORDER BY ALL";

/** Writes the rows of a current database into a file as version 1 made it. */
async function downgrade(from: string, to: string): Promise<void> {
  await withDuckDb(to, async (connection) => {
    await connection.run(
      "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)",
    );
    await connection.run(MIGRATIONS[0] ?? "");
    await connection.run("INSERT INTO schema_version VALUES (1, now()::TIMESTAMP)");
    await connection.run(`ATTACH '${from}' AS new (READ_ONLY)`);
    for (const table of ["run", "session", "problem", "rollout"]) {
      await connection.run(`INSERT INTO ${table} FROM new.${table}`);
    }
    await connection.run(
      "INSERT INTO tree SELECT * EXCLUDE (open_mass, skipped_forks) FROM new.tree",
    );
    await connection.run(
      `INSERT INTO node SELECT * EXCLUDE (path_min_q, right_answers, wrong_answers, policy_logprob, mass, mass_q)
       FROM new.node`,
    );
    await connection.run("INSERT INTO reply VALUES ('abc', 2, 'body')");
  });
}

Deno.test("openStore() brings a file of version 1 to what this version would have written", async () => {
  await using folder = await temporaryFolder();
  const [current, old] = [`${folder.path}/current.duckdb`, `${folder.path}/old.duckdb`];
  {
    await using store = await openStore(current);
    const runNo = await prepareRun(store, 2);
    for (const [seed, problem] of [[0, 1], [1, 1], [0, 2]] as const) {
      const tree = generatedTree(`test/${problem}`, seed, seed + problem);
      await store.writeTree({ runNo, roundNo: 0 }, tree);
    }
  }
  await downgrade(current, old);
  await assert.rejects(() => openReadOnly(old), {
    name: "StoreError",
    message:
      `Cannot read database "${old}": expected schema version ${MIGRATIONS.length}, got version 1; ` +
      `bring it up to date with deno task runs compact --db "${old}"`,
  });
  {
    await using store = await openStore(old);
    assert.equal(await store.getReply({ requestHash: "abc", sample: 2 }), "body");
    assert.equal(await store.tornTrees(), 0);
    await store.putProblems([testProblem(1)]);
    const key = { runNo: 1, roundNo: 0 };
    const tree = await store.readTree(key, { problemId: "test/1", seed: 0 });
    assert.ok(tree !== null && tree.forks === undefined);
    assert.ok(tree.nodes.every(({ forks }) => forks === undefined));
  }
  using migrated = await openReadOnly(old);
  using expected = await openReadOnly(current);
  const rows = await allRows(migrated.query(DERIVED));
  assert.ok(rows.length > 300);
  assert.deepEqual(rows, await allRows(expected.query(DERIVED)));
});

Deno.test("openStore() makes views anew that are not those of this version", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  await withDuckDb(path, async (connection) => {
    await connection.run("CREATE OR REPLACE VIEW trees AS SELECT 1 AS old");
    await connection.run("UPDATE view_catalogue SET hash = 'of an older version'");
  });
  await assert.rejects(() => openReadOnly(path), {
    name: "StoreError",
    message: /got one with views of another version; bring it up to date with deno task runs/,
  });
  await using store = await openStore(path);
  const { columns } = await store.query("FROM trees LIMIT 0");
  assert.equal(columns[0], "run");
});

Deno.test("openStore() of version 2 finds verdicts whose answers nobody has grouped", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/old.duckdb`;
  await withDuckDb(path, async (connection) => {
    await connection.run(
      "CREATE TABLE schema_version(version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)",
    );
    for (const [i, sql] of MIGRATIONS.slice(0, 2).entries()) {
      await connection.run(sql);
      await connection.run(`INSERT INTO schema_version VALUES (${i + 1}, now()::TIMESTAMP)`);
    }
    await connection.run(
      `INSERT INTO problem(problem_no, problem_id, source, question, answer, meta)
         VALUES (1, 'p', 's', 'q?', '5', '{}');
       INSERT INTO evaluation VALUES
         (1, 'known', 'sample', NULL, NULL, NULL, NULL, '{}', 'h', '{}', 'complete', now()::TIMESTAMP);
       INSERT INTO eval_sample SELECT 1, 1, i, '5', 'answered', NULL, 1, 1, 1, 'null', 0 FROM range(2) r(i);
       INSERT INTO verdict SELECT 1, 1, i, 'rstar-2', true, 'exact', 'equal', 0 FROM range(2) r(i)`,
    );
  });
  await using store = await openStore(path);
  const samples = await store.samples(1);
  assert.deepEqual(samples.map(({ verdicts }) => verdicts.map(({ vote }) => vote)), [
    [null],
    [null],
  ]);
});
