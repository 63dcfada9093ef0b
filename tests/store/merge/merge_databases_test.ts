import assert from "node:assert/strict";
import fc from "fast-check";
import { join } from "node:path";
import { mergeDatabases, openStore } from "../../../lib/store/mod.ts";
import { testEvaluation, testSample, testVerdict } from "../../conformance/store_evaluations.ts";
import { testProblem, testRun, testTree } from "../../conformance/store.ts";
import { allRows, temporaryFolder, withDuckDb } from "../_files.ts";
import { type Contents, contentsOf, fillDatabase } from "./_databases.ts";

/** Makes the databases a, b, … in a folder; returns their paths. */
async function make(folder: string, all: readonly Contents[]): Promise<readonly string[]> {
  const paths = all.map((_, i) => join(folder, `${String.fromCharCode(97 + i)}.duckdb`));
  for (const [i, contents] of all.entries()) await fillDatabase(paths[i] ?? "", contents);
  return paths;
}

const someTrees = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 2 })),
  {
    maxLength: 6,
    selector: String,
  },
);
const someContents: fc.Arbitrary<Contents> = fc.record({
  policy: fc.constantFrom("m", "n"),
  trees: someTrees,
  samples: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
  replies: fc.uniqueArray(fc.constantFrom("x", "y", "z")),
});

Deno.test("merging is idempotent, goes on where it stopped, and is the same in every order of its inputs", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(someContents, { minLength: 2, maxLength: 3 }),
      fc.integer({ min: 0, max: 2 }),
      async (all, first) => {
        await using folder = await temporaryFolder();
        const paths = await make(folder.path, all);
        const [once, reversed] = ["once", "reversed"].map((name) => join(folder.path, name));
        assert.ok(once !== undefined && reversed !== undefined);
        await mergeDatabases(once, paths);
        const merged = await contentsOf(once);
        const again = await mergeDatabases(once, [...paths, once]);
        assert.ok(
          again.every(({ trees, samples, replies, problems, evaluations }) =>
            trees + samples + replies + problems + evaluations === 0
          ),
        );
        assert.deepEqual(await contentsOf(once), merged);
        await mergeDatabases(reversed, paths.toReversed());
        assert.deepEqual(await contentsOf(reversed), merged);
        const numbers = (path: string) =>
          withDuckDb(
            path,
            async (connection) =>
              (await connection.runAndReadAll("SELECT tree_id FROM tree ORDER BY ALL"))
                .getRowsJson(),
          );
        assert.deepEqual(await numbers(reversed), await numbers(once), "even its numbers");
        // A merge that was killed after one part, and was done again.
        const resumed = join(folder.path, "resumed");
        await mergeDatabases(resumed, [paths[first % paths.length] ?? ""]);
        await mergeDatabases(resumed, paths);
        const trees = async (path: string) => {
          await using store = await openStore(path);
          assert.equal(await store.tornTrees(), 0);
          return (await allRows(store.query("SELECT spec_hash, trees FROM runs ORDER BY ALL")));
        };
        assert.deepEqual(await trees(resumed), await trees(once));
      },
    ),
    { numRuns: 3, seed: 25, endOnFailure: true },
  ));

Deno.test("the parts of a run, merged, are the run that was done in one", async () => {
  await using folder = await temporaryFolder();
  const trees = [1, 2, 3, 4, 5, 6, 7].flatMap((p) => [[p, 0], [p, 1]] as const);
  const samples = [1, 2, 3, 4, 5];
  const replies = ["x", "y", "z"];
  const whole = { trees, samples, replies };
  const parts = [0, 1, 2].map((part): Contents => ({
    trees: trees.filter(([problem]) => problem % 3 === part),
    samples: samples.filter((problem) => problem % 3 === part),
    replies: replies.filter((_, i) => i === part),
  }));
  const [one, ...shards] = await make(folder.path, [whole, ...parts]);
  const out = join(folder.path, "out");
  const merged = await mergeDatabases(out, shards);
  assert.equal(merged.reduce((sum, part) => sum + part.trees, 0), trees.length);
  assert.equal(merged.reduce((sum, part) => sum + part.overlap, 0), 0);
  assert.deepEqual(await contentsOf(out), await contentsOf(one ?? ""));
  await using store = await openStore(out);
  const run = await store.openRun(testRun({ spec: { policy: "m" } }));
  assert.ok(run.isContinued, "the same command goes on with it");
  const problemNos = await store.putProblems(samples.map((number) => testProblem(number)));
  const { count } = await store.pending({
    runNo: run.runNo,
    roundNo: 0,
    problemNos,
    seeds: [0, 1, 2],
    maxFailures: 5,
  });
  assert.equal(count, samples.length, "only the third seed is left");
});

Deno.test("runs of other settings stay apart, and the difference is named", async () => {
  await using folder = await temporaryFolder();
  const parts = await make(folder.path, [
    { policy: "m", trees: [[1, 0]] },
    { policy: "n", trees: [[1, 0]] },
  ]);
  const merged = await mergeDatabases(join(folder.path, "out"), parts);
  assert.deepEqual(merged.flatMap(({ apart }) => apart), [
    { name: "r", storedAs: "r-2", because: 'policy: "m" -> "n"' },
  ]);
  assert.deepEqual(merged.map(({ trees }) => trees), [1, 1]);
});

Deno.test("equal settings make two runs of evolve no one run, and copies of one run one", async () => {
  await using folder = await temporaryFolder();
  const [a, b, copy, out] = ["a", "b", "copy", "out"].map((name) => join(folder.path, name));
  assert.ok(a !== undefined && b !== undefined && copy !== undefined && out !== undefined);
  const model = (sha256: string) => ({
    kind: "checkpoint" as const,
    role: "policy",
    roundNo: 1,
    location: "files/policy",
    sha256,
    rows: null,
    meta: {},
    parents: [],
    metrics: [{ step: 1, name: "loss", value: 0.5 }],
  });
  for (const path of [a, b]) {
    await using store = await openStore(path);
    const { runNo } = await store.openRun(testRun({ command: "evolve" }));
    await store.putRound({ runNo, roundNo: 1, policy: "p", ppm: null, params: {}, state: "train" });
  }
  await Deno.copyFile(a, copy);
  {
    await using store = await openStore(copy);
    await store.addArtifact({ ...model("1"), runNo: 1 });
  }
  const merged = await mergeDatabases(out, [a, b, copy]);
  assert.deepEqual(merged.flatMap(({ apart }) => apart.map(({ because }) => because)), [
    "each trained models of its own",
  ]);
  {
    await using store = await openStore(out);
    assert.deepEqual((await store.runs()).map(({ name }) => name), ["r", "r-2"]);
    const [artifact] = await store.artifacts();
    assert.equal(artifact?.location, "files/policy");
    assert.equal((await store.metrics(artifact.artifactId)).length, 1);
  }
  {
    await using store = await openStore(a);
    await store.addArtifact({ ...model("2"), runNo: 1 });
  }
  await assert.rejects(mergeDatabases(out, [a]), {
    name: "UsageError",
    message:
      /run "r(-2)?" went on in both, each in its own way: the policy of round 1 is another model in one/,
  });
});

Deno.test("files of artifacts are found from another folder", async () => {
  await using folder = await temporaryFolder();
  const part = join(folder.path, "nodes", "a");
  {
    await using store = await openStore(part);
    const base = { kind: "checkpoint", role: "policy", sha256: "1", rows: null, meta: {} } as const;
    for (
      const [roundNo, location] of [[0, "org/model"], [1, "files/p"], [1, "https://x/p"]] as const
    ) {
      await store.addArtifact({ ...base, runNo: null, roundNo, location, parents: [] });
    }
  }
  await mergeDatabases(join(folder.path, "out"), [part]);
  await using store = await openStore(join(folder.path, "out"));
  assert.deepEqual((await store.artifacts()).map(({ location }) => location), [
    ...["org/model", join(folder.path, "nodes", "files/p"), "https://x/p"],
  ]);
});

Deno.test("a problem that is another one under the same id is refused, with both, and leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  const [a, b] = [join(folder.path, "a"), join(folder.path, "b")];
  await fillDatabase(a, { trees: [[1, 0]] });
  {
    await using store = await openStore(b);
    await store.putProblems([testProblem(2), testProblem(1, { answer: "7" })]);
  }
  const out = join(folder.path, "out");
  await mergeDatabases(out, [a]);
  const before = await contentsOf(out);
  await assert.rejects(mergeDatabases(out, [b]), {
    name: "UsageError",
    message:
      `Cannot merge "${b}" into "${out}": problem "test/1" has another answer there, "7" instead of "2"; ` +
      "the two come from different problem sets: merge them into different files",
  });
  assert.deepEqual(await contentsOf(out), before);
});

Deno.test("a sample that the machinery failed gives way, votes of problems that meet are counted anew", async () => {
  await using folder = await temporaryFolder();
  const [a, b, out] = [join(folder.path, "a"), join(folder.path, "b"), join(folder.path, "out")];
  const store = async (path: string, samples: readonly number[], failed: boolean) => {
    await using store = await openStore(path);
    await store.putProblems([testProblem(1)]);
    const { evalId } = await store.openEvaluation(testEvaluation({ mode: "sample" }));
    await store.writeSamples(
      evalId,
      samples.map((sample) =>
        testSample(1, {
          sample,
          ...(failed && sample === 0 && { outcome: "infrastructure" as const }),
        })
      ),
      samples.filter((sample) => !failed || sample > 0).map((sample) =>
        testVerdict(1, { sample, vote: 0 })
      ),
    );
    await store.setEvaluationState(evalId, failed ? "incomplete" : "complete");
  };
  await store(a, [0, 1], true);
  await store(b, [0], false);
  await mergeDatabases(out, [a, b]);
  await using merged = await openStore(out);
  const [info, ...others] = await merged.evaluations();
  assert.deepEqual([info?.state, others.length], ["incomplete", 0]);
  const samples = await merged.samples(info?.evalId ?? 0);
  assert.deepEqual(
    samples.map(({ sample, outcome, verdicts }) => [sample, outcome, verdicts.length]),
    [
      [0, "answered", 1],
      [1, "answered", 1],
    ],
  );
  assert.deepEqual(samples.flatMap(({ verdicts }) => verdicts.map(({ vote }) => vote)), [
    null,
    null,
  ]);
});

Deno.test("attempts, sessions and started-over runs come once", async () => {
  await using folder = await temporaryFolder();
  const [a, out] = [join(folder.path, "a"), join(folder.path, "out")];
  {
    await using store = await openStore(a);
    await store.putProblems([testProblem(1)]);
    for (const mode of ["continue", "new"] as const) {
      const { runNo } = await store.openRun(testRun({ mode }));
      const key = { runNo, roundNo: 0, problemId: "test/1", seed: 3 };
      await store.writeAttempt({ ...key, boundary: "endpoint", error: "gone" });
      await store.writeTree(key, testTree("test/1", 4));
    }
  }
  for (let time = 0; time < 2; time++) await mergeDatabases(out, [a]);
  assert.deepEqual(await contentsOf(out), await contentsOf(a));
  await using store = await openStore(out);
  const rows = await allRows(store.query("SELECT name, trees, sessions FROM runs ORDER BY 1"));
  assert.deepEqual(rows, [["r", 1, 1], ["r-2", 1, 1]]);
});

Deno.test("what cannot be merged is refused before anything is: a file that is missing, torn, foreign or of another version", async () => {
  await using folder = await temporaryFolder();
  const [good, bad, out] = [
    join(folder.path, "good"),
    join(folder.path, "bad"),
    join(folder.path, "out"),
  ];
  await fillDatabase(good, { trees: [[1, 0]] });
  await fillDatabase(bad, { trees: [[1, 0], [2, 0]] });
  const refuses = async (message: RegExp) => {
    await assert.rejects(mergeDatabases(out, [good, bad]), { message });
    await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
  };
  await withDuckDb(bad, (connection) => connection.run("DELETE FROM node WHERE node_id = 4"));
  await refuses(
    /^Cannot merge ".*bad": 2 of its trees are not whole, as in a file that was copied/,
  );
  await withDuckDb(
    bad,
    (connection) => connection.run("DELETE FROM schema_version WHERE version > 1"),
  );
  await refuses(
    /expected schema version \d, got version 1; bring it up to date with deno task runs compact --db/,
  );
  await Deno.remove(bad);
  await withDuckDb(bad, (connection) => connection.run("CREATE TABLE other(a INTEGER)"));
  await refuses(/expected a database of rstar, got one with other tables/);
  await Deno.remove(bad);
  await refuses(/^Cannot merge ".*bad": there is no such file$/);
});

Deno.test("an interrupted merge stops between two parts", async () => {
  await using folder = await temporaryFolder();
  const parts = await make(folder.path, [{ trees: [[1, 0]] }, { trees: [[2, 0]] }]);
  const stop = new AbortController();
  const out = join(folder.path, "out");
  const options = { stopAdmitting: stop.signal, onPart: () => stop.abort(new Error("enough")) };
  await assert.rejects(mergeDatabases(out, parts, options), { message: "enough" });
  const rest = await mergeDatabases(out, parts);
  assert.deepEqual(rest.map(({ trees }) => trees), [0, 1]);
});
