import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openStore } from "../../../lib/store/mod.ts";
import { runRstar, startRstar } from "../_rstar.ts";
import { programEndpoint, programScore, writeSuite } from "./_endpoint.ts";
import { withFolder } from "../../with_folder.ts";
import { NO_PROVENANCE } from "../../no_provenance.ts";

const BASE = fileURLToPath(new URL("../../../fixtures/starter/base", import.meta.url));

const Evaluation = z.looseObject({
  eval_id: z.number(),
  suite: z.string(),
  mode: z.string(),
  round: z.number().nullable(),
  complete: z.boolean(),
  limited: z.boolean(),
  value: z.number().nullable(),
  n: z.number(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
});
const Report = z.looseObject({
  complete: z.boolean(),
  evaluations: z.array(Evaluation),
  comparisons: z.array(z.looseObject({ verdict: z.string(), problems: z.number() })),
});

/** Runs `eval --json` and reads what it printed. */
async function evaluate(args: readonly string[]): Promise<z.infer<typeof Report>> {
  const { code, stdout, stderr } = await runRstar(["eval", "--json", "--quiet", ...args]);
  assert.equal(code, 0, stderr);
  return Report.parse(JSON.parse(stdout));
}

/** Samples of an evaluation, without what differs from run to run. */
async function samplesOf(db: string, evalId: number) {
  await using store = await openStore(db);
  return (await store.samples(evalId)).map(({ wallMs: _, verdicts, ...sample }) => ({
    ...sample,
    verdicts: verdicts.map(({ elapsedMs: _elapsed, ...verdict }) => verdict),
  }));
}

/** Requests that probing may send before the first question. */
const PROBES = 6;

Deno.test("eval, killed and started again, equals an undisturbed one", async () => {
  await withFolder(async (folder) => {
    await using endpoint = programEndpoint();
    const suite = await writeSuite(folder, { count: 60 });
    const common = ["--suite", suite, "--policy", endpoint.url, "--workers", "1"];
    const whole = await evaluate([...common, "--db", `${folder}/whole.duckdb`]);
    assert.equal(whole.evaluations[0]?.value, programScore(60));

    const db = `${folder}/killed.duckdb`;
    const args = [...common, "--concurrency", "2", "--db", db];
    const first = startRstar(["eval", "--quiet", ...args]);
    const reached = Promise.withResolvers<void>();
    let asked = 0;
    endpoint.onRequest = (_, prompt) => {
      // Probing asks things of its own; each sample takes two requests.
      if (prompt.includes("What is ") && ++asked === 60) reached.resolve();
    };
    await reached.promise;
    const beside = await runRstar(["sql", "--db", db, "select count(*) > 0 as kept from samples"]);
    assert.deepEqual([beside.code, /true/.test(beside.stdout)], [0, true], beside.stderr);
    first.kill("SIGKILL");
    await first.output();
    const kept = (await samplesOf(db, 1)).length;
    assert.ok(kept > 0 && kept < 60, `${kept} samples were kept`);
    asked = 0;
    const second = await evaluate(args);
    // What was stored is not asked for again; probing asks as well.
    assert.ok(asked <= PROBES + 2 * (60 - kept), `${asked} requests for ${60 - kept} samples`);
    assert.equal(second.evaluations[0]?.eval_id, 1);
    assert.deepEqual(
      await samplesOf(db, 1),
      await samplesOf(`${folder}/whole.duckdb`, whole.evaluations[0]?.eval_id ?? 0),
    );
    asked = 0;
    const third = await evaluate(args);
    assert.deepEqual(third.evaluations, second.evaluations);
  });
});

Deno.test("of two evaluations at once on one database the second is told who holds it", async () => {
  await withFolder(async (folder) => {
    await using endpoint = programEndpoint();
    const suite = await writeSuite(folder, { count: 40 });
    const db = `${folder}/x.duckdb`;
    const args = ["eval", "--quiet", "--suite", suite, "--policy", endpoint.url, "--db", db];
    const started = Promise.withResolvers<void>();
    endpoint.onRequest = (count) => {
      if (count === 3) started.resolve();
    };
    const first = startRstar([...args, "--concurrency", "1", "--workers", "1"]);
    await started.promise;
    const second = await runRstar(args);
    first.kill("SIGINT");
    const { code } = await first.output();
    assert.equal(second.code, 1);
    assert.match(second.stderr, new RegExp(`${db}[^]*${first.pid}`));
    // Interrupted, or finished before the signal came.
    assert.ok(code === 130 || code === 0, `exit code ${code}`);
  });
});

Deno.test("eval --like measures another model as a stored evaluation was, so that the two pair", async () => {
  await withFolder(async (folder) => {
    await using first = programEndpoint();
    await using second = programEndpoint({ model: "other" });
    const suite = await writeSuite(folder, { count: 12 });
    const db = ["--db", `${folder}/x.duckdb`];
    const sums = ["--suite", suite, ...db];
    await evaluate([
      ...[...sums, "--policy", first.url, "--mode", "sample", "-k", "3", "--limit", "7"],
      ...["--temperature", "0.5", "--max-tokens", "300", "--seed", "5"],
    ]);
    const like = [...sums, "--policy", second.url, "--like", "1"];
    const { evaluations: [again] } = await evaluate(like);
    assert.deepEqual([again?.eval_id, again?.n, again?.mode], [2, 7, "sample"]);
    await using store = await openStore(`${folder}/x.duckdb`);
    const [one, two] = await store.evaluations();
    const conditions = ({ policy: _, ...rest }: Record<string, unknown>) => rest;
    assert.deepEqual(
      conditions(z.looseObject({}).parse(two?.spec)),
      conditions(z.looseObject({}).parse(one?.spec)),
    );
    const made = async (evalId: number) =>
      (await store.samples(evalId)).map(({ problemId, sample }) => `${problemId}/${sample}`);
    assert.deepEqual((await made(2)).sort(), (await made(1)).sort());
    await store[Symbol.asyncDispose]();

    const { code, stderr } = await runRstar(["eval", ...like.slice(2), "--quiet"]);
    assert.equal(code, 2);
    assert.match(stderr, /expected its suite "sums"; name its file with --suite/);
  });
});

Deno.test("eval measures a model that only talks, through its chat route", async () => {
  await withFolder(async (folder) => {
    await using endpoint = programEndpoint();
    const suite = await writeSuite(folder, { count: 20 });
    const { evaluations } = await evaluate([
      ...["--suite", suite, "--policy", endpoint.url, "--policy-api", "chat", "--no-code"],
      ...["--mode", "greedy,sample", "-k", "2", "--db", `${folder}/x.duckdb`],
    ]);
    assert.deepEqual(evaluations.map(({ mode, value, n }) => [mode, value, n]), [
      ["greedy", programScore(20), 20],
      ["sample", programScore(20), 20],
    ]);
  });
});

Deno.test("eval measures the model that ships on starter problems and GSM8K, and replays it", async () => {
  await withFolder(async (folder) => {
    const suites = ["--suite", "starter_validation,gsm8k"];
    const recording = `${folder}/replies.jsonl`;
    const live = await evaluate([
      ...["--policy", BASE, ...suites, "--limit", "6", "--mode", "greedy,sample", "-k", "2"],
      ...["--db", `${folder}/live.duckdb`, "--record", recording, "--csv", `${folder}/x.csv`],
      ...["--markdown", `${folder}/x.md`],
    ]);
    assert.deepEqual(live.evaluations.map(({ suite, mode, n }) => [suite, mode, n]), [
      ["starter_validation", "greedy", 6],
      ["starter_validation", "sample", 6],
      ["gsm8k", "greedy", 6],
      ["gsm8k", "sample", 6],
    ]);
    assert.ok(live.complete && live.evaluations.every(({ limited }) => limited));
    assert.match(await Deno.readTextFile(`${folder}/x.csv`), /^eval_id,model,round,suite/);
    assert.match(
      await Deno.readTextFile(`${folder}/x.md`),
      /\| starter\/base \| gsm8k \(part\) \|/,
    );

    const db = `${folder}/replayed.duckdb`;
    await withRounds(db);
    const rounds = await evaluate([
      ...["--all-rounds", ...suites, "--limit", "6", "--mode", "sample", "-k", "2"],
      ...["--db", db, "--replay", recording],
    ]);
    assert.deepEqual(rounds.evaluations.map(({ round, suite }) => [round, suite]), [
      [0, "starter_validation"],
      [0, "gsm8k"],
      [1, "starter_validation"],
      [1, "gsm8k"],
    ]);
    assert.deepEqual(
      rounds.comparisons.map(({ verdict, problems }) => [verdict, problems]),
      [["no difference shown", 6], ["no difference shown", 6]],
    );
    assert.deepEqual(
      await samplesOf(db, rounds.evaluations[0]?.eval_id ?? 0),
      await samplesOf(`${folder}/live.duckdb`, live.evaluations[1]?.eval_id ?? 0),
    );

    const ask = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runRstar(["eval", ...args, "--db", db, "--json"]);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    assert.equal((await ask("list")).length, 4);
    assert.equal((await ask("compare", "round-1", "round-0")).length, 2);
    const [audit] = await ask("audit", "1");
    assert.equal(audit.samples, 12);
    const [regraded] = await ask("regrade", "1", "--quiet");
    assert.deepEqual(
      [regraded.judged, regraded.now_right, regraded.now_wrong],
      [12, [], []],
    );
  });
});

/** An evolve run whose rounds 0 and 1 are the model that ships. */
async function withRounds(db: string): Promise<void> {
  await using store = await openStore(db);
  const { runNo } = await store.openRun({
    name: "evolve",
    command: "evolve",
    spec: null,
    mode: "new",
    provenance: NO_PROVENANCE,
  });
  for (const roundNo of [0, 1]) {
    await store.addArtifact({
      kind: "checkpoint",
      runNo,
      roundNo,
      role: "policy",
      location: BASE,
      sha256: null,
      rows: null,
      meta: null,
      parents: [],
    });
  }
}
