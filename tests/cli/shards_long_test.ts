import assert from "node:assert/strict";
import { join } from "node:path";
import { OWN_FILES } from "../../lib/export/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { contentsOf } from "../store/merge/_databases.ts";
import { type AdditionEndpoint, additionEndpoint, additionProblems } from "./_addition_world.ts";
import { runRstar, startRstar } from "./_rstar.ts";
import { programEndpoint } from "./eval/_endpoint.ts";

const SHARDS = 3;

async function withWorld(body: (folder: string, endpoint: AdditionEndpoint) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  await using endpoint = additionEndpoint();
  try {
    await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(8));
    await body(folder, endpoint);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function searchArgs(folder: string, { url }: AdditionEndpoint, db: string): string[] {
  return [
    ...["synth", "--problems", join(folder, "sums.jsonl"), "--policy", url, "--preset", "default"],
    ...["--policy-model", "adder", "--db", join(folder, db), "--workers", "1", "--quiet"],
  ];
}

/** Everything that a search stored, without what depends on time. */
async function searched(path: string): Promise<unknown> {
  await using store = await openStore(path);
  assert.equal(await store.tornTrees(), 0);
  const { batches } = await store.query(
    `SELECT r.name, r.spec_hash, p.problem_id, t.seed, n.node_id, n.parent_id, n.step_text, n.status, n.stdout, n.visits,
       n.value_sum, n.q_value, n.correct FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no)
       JOIN run r USING (run_no) ORDER BY ALL`,
  );
  return (await Array.fromAsync(batches)).flat();
}

Deno.test("the shards of a search, one of them killed, merged are the search that was done in one; data of both are the same", () =>
  withWorld(async (folder, endpoint) => {
    const whole = await runRstar(searchArgs(folder, endpoint, "whole.duckdb"));
    assert.equal(whole.code, 0, whole.stderr);
    const shards: string[] = [];
    for (let index = 0; index < SHARDS; index++) {
      const name = `shard-${index}.duckdb`;
      const args = [...searchArgs(folder, endpoint, name), "--shard", `${index}/${SHARDS}`];
      if (index === 1) {
        const child = startRstar(args);
        let seen = 0;
        endpoint.onRequest = () => {
          if (++seen === 9) child.kill("SIGKILL");
        };
        assert.notEqual((await child.output()).code, 0);
        endpoint.onRequest = () => {};
      }
      const result = await runRstar(args);
      assert.equal(result.code, 0, result.stderr);
      shards.push(join(folder, name));
    }
    const out = join(folder, "all.duckdb");
    const merged = await runRstar(["merge", out, ...shards]);
    assert.equal(merged.code, 0, merged.stderr);
    assert.match(merged.stdout, /^3 files into .*: 8 trees, \d+ nodes, 8 problems\n$/);
    assert.deepEqual(await searched(out), await searched(join(folder, "whole.duckdb")));
    const before = await contentsOf(out);
    const again = await runRstar(["merge", out, ...shards, out]);
    assert.match(again.stdout, /nothing new; 8 trees were there already/);
    assert.deepEqual(await contentsOf(out), before);
    let requests = 0;
    endpoint.onRequest = () => void requests++;
    const rest = await runRstar(searchArgs(folder, endpoint, "all.duckdb"));
    assert.deepEqual([rest.code, requests], [0, 0], rest.stderr);

    const data = async (args: readonly string[], name: string) => {
      const folderOf = join(folder, name);
      const result = await runRstar([
        "export",
        "--out",
        folderOf,
        "--kind",
        "sft",
        "--quiet",
        ...args,
      ]);
      assert.equal(result.code, 0, result.stderr);
      assert.deepEqual([...Deno.readDirSync(folderOf)].map((entry) => entry.name), ["sft"]);
      return await Deno.readTextFile(join(folderOf, "sft", OWN_FILES.sft));
    };
    assert.equal(await data(shards, "a"), await data(["--db", out], "b"));
  }));

Deno.test("eval by shards, merged, is measured already when it is asked for as a whole", () =>
  withWorld(async (folder) => {
    await using endpoint = programEndpoint();
    const args = (db: string) => [
      ...["eval", "--suite", join(folder, "sums.jsonl"), "--policy", endpoint.url],
      ...["--policy-model", "adder", "--mode", "sample", "--k", "2", "--workers", "1", "--quiet"],
      ...["--db", join(folder, db)],
    ];
    for (const index of [0, 1]) {
      const result = await runRstar([...args(`e${index}.duckdb`), "--shard", `${index}/2`]);
      assert.equal(result.code, 0, result.stderr);
    }
    const out = join(folder, "all.duckdb");
    const parts = [join(folder, "e0.duckdb"), join(folder, "e1.duckdb")];
    assert.equal((await runRstar(["merge", out, ...parts])).code, 0);
    let requests = 0;
    endpoint.onRequest = () => void requests++;
    const whole = await runRstar(args("all.duckdb"));
    assert.deepEqual([whole.code, requests], [0, 0], whole.stderr);
    await using store = await openStore(out);
    const [evaluation, ...others] = await store.evaluations();
    assert.deepEqual([evaluation?.state, others.length], ["complete", 0]);
    assert.equal((await store.samples(evaluation?.evalId ?? 0)).length, 16);
  }));

Deno.test("more parts than problems are refused before anything is started", () =>
  withWorld(async (folder, endpoint) => {
    const { code, stderr } = await runRstar([
      ...searchArgs(folder, endpoint, "x.duckdb"),
      ...["--shard", "2/9"],
    ]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /Cannot take part 2 of 9: there are 8 problems only; use at most as many parts/,
    );
  }));
