/** `deno task sql` and `deno task runs` as a user starts them, with their own permissions. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  ANALYSES,
  openReadOnly,
  openStore,
  readParquetRows,
  runAnalysis,
  VIEWS,
} from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { allRows } from "../store/_files.ts";
import { runRstar } from "./_rstar.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const LAUNCHER = "lib/cli/launch/main.ts";

/** Runs a command as its task does; `input` goes to its standard input. */
async function task(name: "sql" | "runs", args: readonly string[], input: string | null = null) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "-P=launcher", LAUNCHER, name, ...args],
    cwd: root,
    stdin: input === null ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== null) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function withDatabase(
  work: (db: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rstar_sql_" });
  try {
    const db = `${folder}/a.duckdb`;
    {
      await using store = await openStore(db);
      await store.putProblems([testProblem(1)]);
      const { runNo } = await store.openRun(testRun());
      await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
    }
    await work(db, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("sql answers statements, files, standard input and analyses in every format", async () => {
  await withDatabase(async (db, folder) => {
    const argument = await task("sql", [
      "--db",
      db,
      "--json",
      "select kind, visits from steps limit 1",
    ]);
    assert.deepEqual(argument, {
      code: 0,
      stdout: '[{"kind":"step","visits":3}]\n',
      stderr: "",
    });
    await Deno.writeTextFile(`${folder}/q.sql`, "-- a file\nselect count(*) as n from trees;\n");
    const file = await task("sql", ["--db", db, "--file", `${folder}/q.sql`, "--format", "csv"]);
    assert.deepEqual([file.code, file.stdout], [0, "n\n1\n"]);
    const stdin = await task("sql", ["--db", db, "--format", "table"], "select 7 as n");
    assert.match(stdin.stdout, /│ 7 │[^]*1 rows\n$/);
    const analysis = await task("sql", ["--db", db, "--json", "cost", "--run", "r"]);
    assert.match(analysis.stdout, /^\[\{"run":"r","round":0,"trees":1,/);
    const path = `${folder}/steps.parquet`;
    const parquet = await task("sql", [
      "--db",
      db,
      "from steps",
      "--format",
      "parquet",
      "--out",
      path,
    ]);
    assert.deepEqual([parquet.code, parquet.stderr], [0, `4 rows in ${path}\n`]);
    assert.equal((await readParquetRows(path)).length, 4);
  });
});

Deno.test("sql tells wrong use from failure by its exit code", async () => {
  await withDatabase(async (db, folder) => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [["selekt 1"], /syntax error/],
      [["delete from run"], /expected one that reads/],
      [["hardes"], /did you mean "hardest"\?/],
      [["hardest", "--limit", "x"], /expected a whole number/],
      [["select 1", "--timeout", "soon"], /expected a duration such as 30s or 5m/],
      [["select 1", "--format", "xml"], /Allowed choices are table, csv, json, parquet/],
      [["select 1", "--format", "parquet"], /name a file with --out/],
      [["select 1", "--out", "x.csv"], /redirect standard output instead/],
      [["select 1", "--file", "q.sql"], /give one/],
      [["--file", `${folder}/none.sql`], /Cannot read the statement from/],
      [[], /expected SQL or the name of an analysis, got nothing/],
    ];
    const results = await Promise.all(wrong.map(([args]) => task("sql", ["--db", db, ...args])));
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      assert.deepEqual([code, stdout], [2, ""], wrong[i]?.[0].join(" "));
      assert.match(stderr, wrong[i]?.[1] ?? /$^/);
    }
    assert.equal((await task("sql", ["--db", `${folder}/none.duckdb`, "select 1"])).code, 2);
  });
});

Deno.test("sql --list shows every view and analysis with an example", async () => {
  const { code, stdout } = await task("sql", ["--list"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^suspect-labels\n {2}Problems whose .*\n {2}deno task sql suspect-labels \[--run …\]/m,
  );
  assert.match(stdout, /^trajectories\n {2}One finished solution.*\n {2}SELECT /m);
});

Deno.test("runs lists, renames, copies, deletes and compacts", async () => {
  await withDatabase(async (db, folder) => {
    const list = await task("runs", ["--db", db]);
    assert.deepEqual([list.code, list.stderr], [0, ""]);
    assert.match(list.stdout, /│ r {3}│ synth {3}│ 1 {5}│ 1 {6}│/);
    assert.equal((await task("runs", ["rename", "r", "best", "--db", db])).code, 0);
    const json = await task("runs", ["list", "--db", db, "--json"]);
    assert.match(json.stdout, /^\[\{"name":"best","command":"synth","trees":1,.*\]\n$/);
    const copy = `${folder}/copy.duckdb`;
    assert.equal((await task("runs", ["snapshot", copy, "--db", db])).code, 0);
    const elsewhere = await task("runs", ["snapshot", `${folder}_copy.duckdb`, "--db", db]);
    assert.equal(elsewhere.code, 2);
    assert.match(elsewhere.stderr, /^error: Cannot write copy ".*_copy\.duckdb": .* the folder of/);
    const unasked = await task("runs", ["delete", "best", "--db", db]);
    assert.equal(unasked.code, 2);
    assert.match(unasked.stderr, /with 1 trees without asking: add --yes/);
    const noRound = await task("runs", [
      "delete",
      "best",
      "--from-round",
      "0",
      "--yes",
      "--db",
      db,
    ]);
    assert.equal(noRound.code, 2);
    assert.match(noRound.stderr, /Cannot delete from round "0": expected a number from 1 to 15/);
    const later = await task("runs", ["delete", "best", "--from-round", "15", "--yes", "--db", db]);
    assert.equal(later.code, 0, later.stderr);
    assert.match((await task("runs", ["list", "--db", db, "--json"])).stdout, /"best"/);
    assert.equal((await task("runs", ["delete", "best", "--yes", "--db", db])).code, 0);
    assert.equal((await task("runs", ["compact", "--db", db])).code, 0);
    assert.equal((await task("runs", ["list", "--db", db, "--json"])).stdout, "[]\n");
    assert.match((await task("runs", ["list", "--db", copy, "--json"])).stdout, /"best"/);
    const none = await task("runs", ["rename", "a", "b", "--db", `${folder}/none.duckdb`]);
    assert.deepEqual([none.code, none.stderr.includes("there is no such file")], [2, true]);
    await assert.rejects(() => Deno.stat(`${folder}/none.duckdb`), Deno.errors.NotFound);
  });
});

Deno.test("every example and analysis answers on a run that really searched", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rstar_sql_" });
  try {
    const db = `${folder}/a.duckdb`;
    const { code, stderr } = await runRstar(["synth", "--limit", "3", "--db", db, "--quiet"]);
    assert.equal(code, 0, stderr);
    using database = await openReadOnly(db);
    for (const { name, example } of VIEWS) {
      const rows = await allRows(database.query(example));
      assert.ok(rows.length > 0 || !SEARCH_VIEWS.includes(name), name);
    }
    for (const analysis of ANALYSES) await allRows(runAnalysis(database, analysis));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Views that a search alone fills. */
const SEARCH_VIEWS = [
  "trees",
  "problems",
  "steps",
  "trajectories",
  "sibling_groups",
  "runs",
  "rounds",
  "cost",
];

/** Types keys into `deno task sql` on a terminal of its own, each after what it waits for has come. */
async function typeInto(
  args: readonly string[],
  keys: readonly (readonly [waitFor: RegExp, text: string])[],
): Promise<string> {
  const command = [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-check",
    "-P=launcher",
    LAUNCHER,
    "sql",
  ];
  const child = new Deno.Command("script", {
    args: ["-qefc", [...command, ...args].join(" "), "/dev/null"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // What never shows up must end the test, not hang it.
    signal: AbortSignal.timeout(120_000),
  }).spawn();
  const writer = child.stdin.getWriter();
  const left = [...keys];
  let shown = "";
  let seen = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += text;
    const [next] = left;
    if (next === undefined || !next[0].test(shown.slice(seen))) continue;
    left.shift();
    seen = shown.length;
    await writer.write(new TextEncoder().encode(next[1]));
  }
  await writer.close();
  await child.stderr.cancel();
  assert.equal((await child.status).code, 0, shown);
  assert.deepEqual(left, [], `not shown, after ${JSON.stringify(shown.slice(seen))}`);
  return shown;
}

Deno.test("sql completes, remembers and stops on a terminal", async () => {
  await withDatabase(async (db) => {
    const endless = "select count(*) from range(100000000000) a, range(1000000);";
    const shown = await typeInto(["--db", db], [
      [/rstar> /, "select count(*) as found from traj"],
      [/from traj/, "\t"],
      [/ectories/, ";\r"],
      [/1 rows[^]*rstar> /, "select nothing from nowhere;\r"],
      [/error: [^]*rstar> /, "\u001b[A"],
      [/nowhere;/, "\u0003"],
      [/rstar> [^]*rstar> /, `${endless}\r`],
      [/range\(1000000\);\r+\n/, "\u0003"],
      [/error: Stopped[^]*rstar> /, ".quit\r"],
    ]);
    assert.match(shown, /│ found │/);
  });
});
