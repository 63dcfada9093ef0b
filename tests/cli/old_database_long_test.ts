/** A database of the version before the rebuilding (fixtures/databases): whatever it holds stays usable. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { TreeColumns, TreePage } from "../../lib/viewer/mod.ts";
import { serveViewer } from "../viewer/_serve.ts";
import { withFolder } from "../with_folder.ts";
import { ROOT, runRstar } from "./_rstar.ts";

/** Runs a command to its end, which must be a good one. */
async function good(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runRstar(args);
  assert.equal(code, 0, stderr);
  return stdout + stderr;
}

Deno.test("a database of version 0.1.0 says how it is brought up to date, is read, reported, shown, measured again, exported and continued", () =>
  withFolder(async (folder) => {
    const db = join(folder, "old.duckdb");
    const packed = await Deno.open(`${ROOT}fixtures/databases/5f0f6d1.duckdb.gz`);
    await Deno.writeFile(db, packed.readable.pipeThrough(new DecompressionStream("gzip")));

    const early = await runRstar(["sql", "--db", db, "select 1"]);
    assert.equal(early.code, 1, early.stderr);
    assert.match(early.stderr, /deno task runs compact --db/);
    await good(["runs", "compact", "--db", db]);

    const ask = async (query: string) =>
      JSON.parse(await good(["sql", "--db", db, "--format", "json", query]));
    const trees = "select run, count(*)::int as n from trees group by all order by all";
    assert.deepEqual(await ask(trees), [{ run: "evolve", n: 6 }, { run: "synth", n: 3 }]);
    assert.match(await good(["runs", "--db", db]), /evolve/);

    const page = join(folder, "report.md");
    await good(["report", "--db", db, "--run", "evolve", "--markdown", page]);
    assert.match(await Deno.readTextFile(page), /starter_validation/);

    {
      await using viewer = await serveViewer(db);
      const { headers } = await fetch(viewer.address, { redirect: "manual" });
      const cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
      const read = async (path: string) =>
        await (await fetch(`${viewer.origin}${path}`, { headers: { cookie } })).json();
      const { rows }: TreePage = await read("api/trees");
      const tree: TreeColumns = await read(`api/tree?tree=${rows[0]?.tree}`);
      assert.ok(tree.id.length > 1);
    }

    await good(["export", "--db", db, "--run", "synth", "--out", join(folder, "data")]);
    const measured = await good([
      ...["eval", "--db", db, "--run", "evolve", "--round", "0"],
      ...["--suite", "starter_validation", "--limit", "5", "--mode", "greedy"],
    ]);
    assert.match(measured, /base/);
    // With the limit of tokens that presets of the starter world had then, the search is the same one.
    const search = await good([
      ...["synth", "--db", db, "--limit", "4", "--search", '{"maxTokens":2048}'],
    ]);
    assert.match(search, /Run "synth": 4 trees of 4 problems/);
    assert.deepEqual(await ask(trees), [{ run: "evolve", n: 6 }, { run: "synth", n: 4 }]);
  }));
