import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { seededRandom } from "../../lib/core/mod.ts";
import { openReadOnly, openStore } from "../../lib/store/mod.ts";
import { type AdditionEndpoint, additionEndpoint, additionProblems } from "./_addition_world.ts";
import { runRstar, startRstar } from "./_rstar.ts";

const PROBLEMS = 12;

const Summary = z.object({
  trees: z.number(),
  problems: z.number(),
  solved: z.number(),
  undone: z.number(),
  trajectories: z.object({ correct: z.number(), wrong: z.number() }),
});

async function withWorld(body: (folder: string, endpoint: AdditionEndpoint) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  await using endpoint = additionEndpoint();
  try {
    await Deno.writeTextFile(join(folder, "sums.jsonl"), additionProblems(PROBLEMS));
    await body(folder, endpoint);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function synthArgs(folder: string, endpoint: AdditionEndpoint, db: string): string[] {
  return [
    "synth",
    ...["--problems", join(folder, "sums.jsonl"), "--policy", endpoint.url, "--preset", "default"],
    ...["--db", join(folder, db), "--json", "--workers", "2"],
  ];
}

/** Everything of a database that does not depend on time. */
async function contents(path: string): Promise<unknown> {
  using database = await openReadOnly(path);
  const { batches } = await database.query(
    `SELECT p.problem_id, t.seed, n.node_id, n.parent_id, n.step_text, n.status, n.stdout, n.visits, n.value_sum, n.q_value,
       n.correct, n.multiplicity FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) ORDER BY ALL`,
  );
  const rows: unknown[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

Deno.test("synth solves what can be solved, stores every step, and has nothing left to do the second time", () =>
  withWorld(async (folder, endpoint) => {
    const args = [...synthArgs(folder, endpoint, "a.duckdb"), "--policy-model", "adder"];
    const first = await runRstar(args);
    assert.equal(first.code, 0, first.stderr);
    const summary = Summary.parse(JSON.parse(first.stdout));
    assert.deepEqual([summary.trees, summary.problems, summary.undone], [PROBLEMS, PROBLEMS, 0]);
    assert.equal(summary.solved, PROBLEMS);
    assert.ok(summary.trajectories.wrong > 0);
    const rows = await contents(join(folder, "a.duckdb"));
    let requests = 0;
    endpoint.onRequest = () => void requests++;
    const second = await runRstar(args);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /^Continuing run "synth": every tree is stored, nothing is left/);
    assert.doesNotMatch(second.stderr, /Sandbox/, "nothing is started");
    assert.deepEqual(await contents(join(folder, "a.duckdb")), rows);
    assert.equal(requests, 0, "nobody is asked");
  }));

Deno.test("synth that is killed five times stores what an undisturbed one stores", () =>
  withWorld(async (folder, endpoint) => {
    const random = seededRandom(5);
    const args = synthArgs(folder, endpoint, "killed.duckdb");
    for (let kill = 0; kill < 5; kill++) {
      const child = startRstar(args);
      const enough = 5 + Math.floor(random() * 25);
      let seen = 0;
      endpoint.onRequest = () => {
        if (++seen === enough) child.kill("SIGKILL");
      };
      await child.output();
    }
    endpoint.onRequest = () => {};
    const last = await runRstar([...args, "--resume"]);
    assert.equal(last.code, 0, last.stderr);
    const undisturbed = await runRstar(synthArgs(folder, endpoint, "undisturbed.duckdb"));
    assert.equal(undisturbed.code, 0, undisturbed.stderr);
    assert.deepEqual(
      await contents(join(folder, "killed.duckdb")),
      await contents(join(folder, "undisturbed.duckdb")),
    );
    await using store = await openStore(join(folder, "killed.duckdb"));
    assert.equal(await store.tornTrees(), 0);
  }));

Deno.test.each<[Deno.Signal]>([["SIGINT"], ["SIGTERM"]])(
  "synth finishes the open trees at %s and exits with 130",
  (signal) => interrupt(signal),
);

function interrupt(signal: Deno.Signal): Promise<void> {
  return withWorld(async (folder, endpoint) => {
    const args = synthArgs(folder, endpoint, "interrupted.duckdb");
    const child = startRstar(args);
    let seen = 0;
    endpoint.onRequest = () => {
      if (++seen === 10) child.kill(signal);
    };
    const { code } = await child.output();
    assert.equal(code, 130);
    await using store = await openStore(join(folder, "interrupted.duckdb"));
    assert.equal(await store.tornTrees(), 0);
  });
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

Deno.test("synth answers others while it runs: status, SQL, events, a snapshot; and logs what it did", () =>
  withWorld(async (folder, endpoint) => {
    const db = join(folder, "shared.duckdb");
    const running = Promise.withResolvers<void>();
    const hold = Promise.withResolvers<void>();
    // Whatever fails meanwhile, the endpoint must not wait for ever.
    using _held = { [Symbol.dispose]: () => hold.resolve() };
    endpoint.onRequest = (count) => {
      if (count < 20) return;
      running.resolve();
      return hold.promise;
    };
    const output = startRstar([
      ...synthArgs(folder, endpoint, "shared.duckdb"),
      ...["--log", "debug"],
    ]).output();
    await Promise.race([running.promise, output]);
    const status = await runRstar(["status", "--db", db]);
    assert.equal(status.code, 0, status.stderr);
    assert.match(status.stdout, /^synth, process \d+, run "synth"/);
    assert.match(status.stdout, /^policy: \d+ of \d+ running/m);
    const sql = await runRstar(["sql", "--db", db, "--json", "select count(*) as n from run"]);
    assert.deepEqual([sql.code, JSON.parse(sql.stdout)], [0, [{ n: 1 }]], sql.stderr);
    const copy = join(folder, "copy.duckdb");
    const snapshot = await runRstar(["runs", "snapshot", copy, "--db", db]);
    assert.equal(snapshot.code, 0, snapshot.stderr);
    const follower = startRstar(["status", "--db", db, "--follow", "--json"]);
    const events: string[] = [];
    for await (const line of linesOf(follower.stdout)) {
      events.push(JSON.parse(line).type);
      // It listens: the search may go on.
      hold.resolve();
    }
    await follower.stderr.cancel();
    assert.equal((await follower.status).code, 0);
    const { code } = await output;
    assert.equal(code, 0);
    assert.ok(events.includes("tree"), "trees were stored meanwhile");
    assert.equal(events.at(-1), "end");
    await assert.rejects(Deno.lstat(`${db}.sock`), { name: "NotFound" });
    const log = (await Deno.readTextFile(`${db}.log`)).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(log.filter(({ type }) => type === "tree").length, PROBLEMS);
    using database = await openReadOnly(db);
    const { batches } = await database.query("SELECT count(DISTINCT name) > 5 FROM load_sample");
    assert.deepEqual((await Array.fromAsync(batches)).flat(), [[true]]);
    assert.ok((await contents(copy)) instanceof Array);
  }));

Deno.test("synth replays a recording to the last bit, without the endpoint", () =>
  withWorld(async (folder, endpoint) => {
    const record = join(folder, "replies.jsonl");
    const live = await runRstar([
      ...synthArgs(folder, endpoint, "live.duckdb"),
      "--record",
      record,
    ]);
    assert.equal(live.code, 0, live.stderr);
    let requests = 0;
    endpoint.onRequest = () => void requests++;
    const replayed = await runRstar([
      ...synthArgs(folder, endpoint, "replayed.duckdb"),
      ...["--policy-model", "adder", "--replay", record],
    ]);
    assert.equal(replayed.code, 0, replayed.stderr);
    assert.equal(requests, 0);
    assert.deepEqual(
      await contents(join(folder, "replayed.duckdb")),
      await contents(join(folder, "live.duckdb")),
    );
  }));

Deno.test("synth says before it searches that nobody listens at the endpoint", () =>
  withWorld(async (folder, endpoint) => {
    const gone = additionEndpoint();
    await gone[Symbol.asyncDispose]();
    const args = synthArgs(folder, { ...endpoint, url: gone.url }, "none.duckdb");
    const { code, stderr } = await runRstar(args);
    assert.equal(code, 1);
    assert.match(stderr, /connection refused; start the server or check --policy/);
  }));

Deno.test("synth begins no further tree when its budget is used up, says what is left, and goes on later", () =>
  withWorld(async (folder, endpoint) => {
    const args = [...synthArgs(folder, endpoint, "budget.duckdb"), "--concurrency", "1"];
    const Budgeted = Summary.extend({ stopped_by: z.string().nullable() });
    const first = await runRstar([...args, "--budget-tokens", "100"]);
    assert.equal(first.code, 0, first.stderr);
    const stopped = Budgeted.parse(JSON.parse(first.stdout));
    assert.ok(stopped.undone > 0 && stopped.trees + stopped.undone === PROBLEMS);
    assert.equal(stopped.stopped_by, "the budget of 100 tokens");
    const rest = Budgeted.parse(JSON.parse((await runRstar(args)).stdout));
    assert.deepEqual([rest.trees, rest.undone, rest.stopped_by], [PROBLEMS, 0, null]);
  }));
