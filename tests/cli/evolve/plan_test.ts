import assert from "node:assert/strict";
import { evolveSpec, planEvolve } from "../../../lib/cli/evolve/plan.ts";
import { EvolveConfig } from "../../../lib/config/mod.ts";
import { hashJson } from "../../../lib/core/mod.ts";
import { runRstar } from "../_rstar.ts";

async function specHash(settings: Readonly<Record<string, unknown>>): Promise<string> {
  const config = EvolveConfig.parse(settings);
  const plan = await planEvolve(config);
  return hashJson(evolveSpec(config, plan, { base: null, training: null, exports: null }));
}

Deno.test.each<[string, Readonly<Record<string, unknown>>]>([
  ["more rounds", { rounds: 6 }],
  ["another evaluation", { evalProblems: 10, suites: ["starter_test"] }],
  ["another place", { db: "elsewhere.duckdb", workers: 3 }],
  ["where it begins and stops", { fromRound: 2, stopAfter: "sft", untilFlat: 0.1 }],
])("a run of evolve goes on with %s", async (_name, settings) => {
  assert.equal(await specHash(settings), await specHash({}));
});

Deno.test.each<[string, Readonly<Record<string, unknown>>]>([
  ["another seed", { seed: 1 }],
  ["other problems", { problems: "control" }],
  ["fewer problems", { problemsPerRound: 7 }],
  ["the same problems in every round", { selection: "same" }],
  ["an earlier PPM", { ppmFrom: 2 }],
  ["no curriculum", { curriculum: "off" }],
  ["other search parameters", { search: { candidates: 9 } }],
  ["a budget", { roundBudgetTokens: 1000 }],
])("%s makes another run of evolve", async (_name, settings) => {
  assert.notEqual(await specHash(settings), await specHash({}));
});

Deno.test("a run of evolve begins anew when its problem file has grown, and goes on when it says the same again", async () => {
  const file = await Deno.makeTempFile({ suffix: ".jsonl" });
  try {
    const rows = Array.from({ length: 9 }, (_, i) => ({ question: `Add ${i}?`, answer: `${i}` }));
    const write = (count: number) =>
      Deno.writeTextFile(file, rows.slice(0, count).map((row) => JSON.stringify(row)).join("\n"));
    const settings = { problems: file, problemsPerRound: 2 };
    await write(8);
    const before = await specHash(settings);
    await write(9);
    assert.notEqual(await specHash(settings), before);
    await write(8);
    assert.equal(await specHash(settings), before);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a run of evolve can do without a PPM for as long as rounds can be", async () => {
  assert.notEqual(await specHash({ ppmFrom: 15 }), await specHash({ ppmFrom: 16 }));
  assert.equal(await specHash({ ppmFrom: 16 }), await specHash({ ppmFrom: 17 }));
});

Deno.test("a run says in its specification whether it leaves easy problems alone", async () => {
  const spec = async (settings: Readonly<Record<string, unknown>>) => {
    const config = EvolveConfig.parse(settings);
    const plan = await planEvolve(config);
    return evolveSpec(config, plan, { base: null, training: null, exports: null });
  };
  const says = async (settings: Readonly<Record<string, unknown>>) =>
    Object.entries(await spec(settings) ?? {}).filter(([key]) => key === "leavesEasy");
  assert.deepEqual(await says({ selection: "same" }), [["leavesEasy", true]]);
  assert.deepEqual(await says({ selection: "same", rounds: 1 }), [["leavesEasy", true]]);
  assert.deepEqual(await says({ selection: "same", curriculum: "off" }), [["leavesEasy", false]]);
  assert.deepEqual(await says({}), [["leavesEasy", false]]);
});

Deno.test("the configuration for a cluster is one that evolve takes", async () => {
  const args = ["evolve", "--config", "docs/cluster/evolve_qwen7b.jsonc", "--dry-run"];
  const { code, stdout, stderr } = await runRstar(args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Base: \/models\/Qwen2\.5-Math-7B$/m);
  assert.match(
    stdout,
    /^Round 4: \d+ problems but those that are easy by then, preset paper\/r4, policy 3 and PPM 3; .*128 rollouts x 16 candidates$/m,
  );
  assert.match(
    stdout,
    /^Policies: from the base, 2 epochs, learning rate 0\.000007, batches of 128/m,
  );
  assert.match(stdout, /^Measured .* math500, aime24, amc23, gsm8k/m);
});

Deno.test("evolve --dry-run shows every round as JSON and starts nothing", async () => {
  const { code, stdout, stderr } = await runRstar(["evolve", "--quick", "--dry-run", "--json"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const plan = JSON.parse(stdout);
  assert.deepEqual(
    plan.rounds.map((
      { round, preset, uses_ppm }: Record<string, unknown>,
    ) => [round, preset, uses_ppm]),
    [[1, "starter/r1", false], [2, "starter/r2", true]],
  );
  assert.deepEqual(plan.rounds.map(({ passes }: { passes: unknown[] }) => passes.length), [1, 1]);
});

Deno.test.each<[string, readonly string[], RegExp]>([
  [
    "a suite that does not exist",
    ["--suites", "starter_validatoin"],
    /did you mean "starter_validation"/,
  ],
  ["a training setting that does not exist", ["--sft", '{"epoch": 2}'], /training "sft": .*epoch/],
  ["a rule that does not exist", ["--pair-rules", '{"margins": 1}'], /preference pairs: .*margins/],
  [
    "too few problems",
    ["--problems-per-round", "5000"],
    /5000 fresh problems for round 1: \d+ are left; lower problemsPerRound/,
  ],
])(
  "evolve answers %s with one sentence before anything is started",
  async (_name, args, message) => {
    const { code, stdout, stderr } = await runRstar(["evolve", "--dry-run", ...args]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  },
);

Deno.test("evolve refuses a base that is not there before anything else, --dry-run too", async () => {
  const { code, stdout, stderr } = await runRstar(["evolve", "--base", "/nowhere", "--dry-run"]);
  assert.deepEqual([code === 0, stdout], [false, ""]);
  assert.match(stderr, /Cannot use checkpoint "\/nowhere": there is no such folder/);
});
