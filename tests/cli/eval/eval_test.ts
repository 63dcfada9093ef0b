import assert from "node:assert/strict";
import { openStore } from "../../../lib/store/mod.ts";
import { runRstar } from "../_rstar.ts";
import { programEndpoint, writeSuite } from "./_endpoint.ts";
import { withFolder } from "../../with_folder.ts";
import { NO_PROVENANCE } from "../../no_provenance.ts";

/** Runs `eval` and expects that it refuses: exit code and message. */
async function refuses(
  args: readonly string[],
  { code, message }: { readonly code: number; readonly message: RegExp },
): Promise<void> {
  const result = await runRstar(["eval", ...args]);
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, message);
  assert.equal(result.stdout, "");
}

/** Stores a run of evolve with these checkpoints; no files. */
async function storeCheckpoints(
  db: string,
  checkpoints: readonly (readonly [roundNo: number, role: "policy" | "ppm"])[],
): Promise<void> {
  await using store = await openStore(db);
  const { runNo } = await store.openRun({
    name: "evolve",
    command: "evolve",
    spec: null,
    mode: "new",
    provenance: NO_PROVENANCE,
  });
  for (const [roundNo, role] of checkpoints) {
    await store.addArtifact({
      kind: "checkpoint",
      runNo,
      roundNo,
      role,
      location: `evolve/round-${roundNo}/${role}`,
      sha256: null,
      rows: null,
      meta: null,
      parents: [],
    });
  }
}

Deno.test("eval refuses a suite that it does not know, or whose file says something unknown", async () => {
  await withFolder(async (folder) => {
    const db = ["--db", `${folder}/x.duckdb`];
    await refuses(["--suite", "gsm9k", ...db], { code: 2, message: /did you mean "gsm8k"\?/ });
    const suite = await writeSuite(folder, { count: 2, fields: { temprature: 1 } });
    await refuses(["--suite", suite, ...db], { code: 2, message: /temprature/ });
  });
});

Deno.test("eval refuses changed data, and a selection of nothing", async () => {
  await withFolder(async (folder) => {
    const db = ["--db", `${folder}/x.duckdb`];
    const changed = await writeSuite(folder, { count: 2, fields: { sha256: "0".repeat(64) } });
    await refuses(["--suite", changed, ...db], { code: 2, message: /expected sha256 0{64}/ });
    const suite = await writeSuite(folder, { count: 2 });
    await refuses(["--suite", suite, "--level", "7", ...db], {
      code: 2,
      message: /no problem is left of 2; levels are 1, 2/,
    });
  });
});

Deno.test("eval leaves rows without a reference out, with a notice", async () => {
  await withFolder(async (folder) => {
    const suite = await writeSuite(folder, { count: 2 });
    const row = JSON.stringify({ id: "x", question: "What?", answer: "" });
    await Deno.writeTextFile(`${folder}/sums.jsonl`, `\n${row}\n`, { append: true });
    const { code, stdout, stderr } = await runRstar([
      "eval",
      ...["--suite", suite, "--dry-run", "--db", `${folder}/x.duckdb`, "--json"],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /sums: left out, without a reference answer: 1 rows \(lines 3\)/);
    const [models] = JSON.parse(stdout).models;
    assert.deepEqual(models.tasks, [
      { suite: "sums", mode: "greedy", problems: 2, samples: 1, policy_requests: 4 },
    ]);
    // A plan makes no database.
    await assert.rejects(Deno.stat(`${folder}/x.duckdb`), Deno.errors.NotFound);
  });
});

Deno.test("eval refuses an endpoint whose context is too small, before anything is asked", async () => {
  await withFolder(async (folder) => {
    await using endpoint = programEndpoint({ contextLength: 1024 });
    const prompts: string[] = [];
    endpoint.onRequest = (_, prompt) => prompts.push(prompt);
    const suite = await writeSuite(folder, { count: 2 });
    await refuses([
      ...["--suite", suite, "--policy", endpoint.url, "--db", `${folder}/x.duckdb`],
    ], {
      code: 2,
      message: /expected a context of 4096 tokens, got 1024; serve it with --max-model-len 4096/,
    });
    // Probing sends requests of its own; no problem is among them.
    const problems = (await Deno.readTextFile(`${folder}/sums.jsonl`)).trim().split("\n")
      .map((line): string => JSON.parse(line).question);
    assert.ok(!prompts.some((prompt) => problems.some((question) => prompt.includes(question))));
  });
});

Deno.test("eval names the option of an endpoint that is not there", async () => {
  await withFolder(async (folder) => {
    const suite = await writeSuite(folder, { count: 1 });
    const endpoint = programEndpoint();
    const { url } = endpoint;
    await endpoint[Symbol.asyncDispose]();
    await refuses(["--suite", suite, "--policy", url, "--db", `${folder}/x.duckdb`], {
      code: 1,
      message: /connection refused; start the server or check --policy/,
    });
  });
});

Deno.test("eval refuses an endpoint that serves another model than the round's", async () => {
  await withFolder(async (folder) => {
    const db = `${folder}/x.duckdb`;
    await storeCheckpoints(db, [[3, "policy"]]);
    const suite = await writeSuite(folder, { count: 2 });
    await using other = programEndpoint({ model: "somebody/else" });
    const common = ["--suite", suite, "--db", db, "--quiet"];
    await refuses([...common, "--round", "3", "--policy", other.url], {
      code: 2,
      message:
        /evolve\/round-3\/policy" with http.*: it serves "somebody\/else"; serve the checkpoint, or give --policy-model/,
    });
    await refuses([...common, "--round", "4"], {
      code: 2,
      message: /Cannot measure round 4 of run "evolve": it has checkpoints of rounds 3/,
    });
    await refuses([...common, "--round", "3", "--mode", "mcts"], {
      code: 2,
      message: /Cannot measure round 3 with mode "mcts": expected a PPM, got none/,
    });
  });
});

Deno.test("eval --all-rounds leaves a round without a PPM out of the modes that need one", async () => {
  await withFolder(async (folder) => {
    const db = `${folder}/x.duckdb`;
    await storeCheckpoints(db, [[0, "policy"], [1, "policy"], [1, "ppm"]]);
    const suite = await writeSuite(folder, { count: 2 });
    const { code, stdout, stderr } = await runRstar([
      "eval",
      ...["--suite", suite, "--db", db, "--all-rounds", "--mode", "greedy,mcts"],
      ...["--dry-run", "--json"],
    ]);
    assert.equal(code, 0, stderr);
    const plans: readonly { model: string; tasks: readonly { mode: string }[] }[] =
      JSON.parse(stdout).models;
    assert.deepEqual(
      plans.map(({ model, tasks }) => [model, ...tasks.map(({ mode }) => mode)]),
      [["round 0", "greedy"], ["round 1", "greedy", "mcts"]],
    );
  });
});

Deno.test("eval --like refuses what is not there, or not one finished evaluation", async () => {
  await withFolder(async (folder) => {
    const db = `${folder}/x.duckdb`;
    const common = ["--db", db, "--like"];
    await refuses([...common, "1"], { code: 2, message: /no such database/ });
    {
      await using store = await openStore(db);
      const request = {
        suite: "sums",
        runNo: null,
        roundNo: null,
        policy: null,
        ppm: null,
      } as const;
      const rest = { spec: {}, provenance: {}, open: "new" } as const;
      await store.openEvaluation({ ...request, ...rest, mode: "greedy" });
    }
    await refuses([...common, "2"], { code: 2, message: /Cannot find evaluation "2"/ });
    await refuses([...common, "1"], { code: 2, message: /it is running; finish it first/ });
  });
});

Deno.test("eval refuses settings that contradict each other", async () => {
  await refuses(["--no-code", "--mode", "mcts"], { code: 2, message: /search over steps of code/ });
  await refuses(["--like", "1", "-k", "4"], {
    code: 2,
    message: /for "k": like takes it from the stored/,
  });
  await refuses(["--round", "1", "--policy", "x"], { code: 2, message: /exclude one another/ });
  await refuses(["--round", "1", "--base", "x"], {
    code: 2,
    message: /--base.*measured as round 0/,
  });
  await refuses(["--round", "0", "--base", "x", "--policy", "http://localhost/v1"], {
    code: 2,
    message: /policy serves it; give one/,
  });
});
