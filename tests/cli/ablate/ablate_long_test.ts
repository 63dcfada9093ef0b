import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { openReadOnly } from "../../../lib/store/mod.ts";
import { runRstar, startRstar } from "../_rstar.ts";
import { type EvolveWorld, openWorld, type WorldEvent } from "../evolve/_world.ts";

const Outcome = z.looseObject({
  run: z.string(),
  arms: z.array(z.looseObject({
    metric: z.string(),
    arm: z.string(),
    estimate: z.number().min(0).max(1),
    problems: z.number(),
    difference: z.looseObject({ value: z.number(), p: z.number().nullable() }).nullable(),
  })),
  figures: z.array(z.looseObject({ arm: z.string() })),
});
type Outcome = z.infer<typeof Outcome>;

/** Trees in which equal steps stay apart, so that problems have two right traces. */
const EVOLVE = { search: { merge: false }, sftRules: { nearDuplicate: null } };

/** Writes a configuration for `ablate` and `science`, from that of `evolve`; returns its path. */
async function writeConfig(
  { folder }: EvolveWorld,
  more: (evolve: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): Promise<string> {
  const { hooks, trainer, suites, workers, rounds: _, ...evolve } = JSON.parse(
    await Deno.readTextFile(join(folder, "world.json")),
  );
  const path = join(folder, "other.json");
  const config = { hooks, trainer, workers, suite: suites[0], ...more({ ...evolve, suites }) };
  await Deno.writeTextFile(path, JSON.stringify(config));
  return path;
}

async function ablate(args: readonly string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await runRstar(args);
  assert.equal(code, 0, stderr);
  return Outcome.parse(JSON.parse(stdout));
}

async function rows(db: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  using database = await openReadOnly(db);
  const { batches } = await database.query(sql);
  return (await Array.fromAsync(batches)).flat();
}

Deno.test("ablate sft goes on after SIGKILL, makes everything once, and has nothing left to do the second time", async () => {
  await using world = await openWorld();
  const { code, stderr } = await runRstar(world.args("a", [
    ...["--search", JSON.stringify(EVOLVE.search)],
    ...["--sft-rules", JSON.stringify(EVOLVE.sftRules)],
  ]));
  assert.equal(code, 0, stderr);
  const args = [
    ...["ablate", "sft", "--config", await writeConfig(world, () => ({}))],
    ...["--db", world.database("a"), "--json", "--eval-problems", "8", "--seeds", "2"],
  ];
  // Killed while it draws samples, and again while it trains.
  for (const [event, times] of [["sample", 5], ["train", 3]] as const) {
    const child = startRstar(args);
    let seen = 0;
    world.onEvent = (one) => {
      if (one === event && ++seen === times) child.kill("SIGKILL");
    };
    const { signal, stderr } = await child.output();
    assert.equal(signal, "SIGKILL", new TextDecoder().decode(stderr));
  }
  const events: WorldEvent[] = [];
  world.onEvent = (event) => void events.push(event);
  const { run, arms, figures } = await ablate(args);
  assert.deepEqual(arms.map(({ metric, arm, problems }) => [metric, arm, problems]), [
    ["pass@1", "step-verified", 8],
    ["pass@1", "rejection sampling", 8],
    ["pass@1", "random correct samples", 8],
  ]);
  const [verified, ...baselines] = figures;
  for (const baseline of baselines) {
    assert.equal(baseline["traces"], verified?.["traces"], "equally many traces");
    assert.ok(Number(baseline["tokens of the data"]) >= Number(verified?.["tokens of the data"]));
  }
  assert.deepEqual(
    await rows(
      world.database("a"),
      `SELECT kind, role, count(*) FROM artifact JOIN run USING (run_no) WHERE name = '${run}' GROUP BY ALL ORDER BY ALL`,
    ),
    [
      ["checkpoint", "outcome", 2],
      ["checkpoint", "policy", 6],
      ["pairs", "ppm", 1],
      ["sft", "policy", 6],
    ],
    "of each of two seeds a ranker and three policies, each once",
  );
  assert.deepEqual(
    await rows(
      world.database("a"),
      "SELECT count(*) > 0, count(*) = count(DISTINCT (tree_id, node_id, scorer)) FROM node_score",
    ),
    [[true, true]],
  );
  assert.deepEqual(
    await rows(
      world.database("a"),
      "SELECT DISTINCT command, round_no IS NULL FROM evaluation JOIN run USING (run_no) ORDER BY 1",
    ),
    [["ablate", true], ["evolve", false]],
    "round-N never means an arm",
  );
  events.length = 0;
  assert.deepEqual((await ablate(args)).arms, arms);
  assert.deepEqual(events, [], "nothing is served, asked or trained");
});

const Study = z.looseObject({
  suite_uses: z.number(),
  claims: z.array(z.looseObject({ name: z.string(), holds: z.boolean().nullable() })),
  parts: z.array(z.looseObject({
    ablation: z.string(),
    round: z.number(),
    arms: z.array(z.looseObject({ metric: z.string(), arm: z.string(), estimate: z.number() })),
  })),
});

Deno.test("science repeats the chain, ablates its rounds and tests the declared claims; the second time it only reads", async () => {
  await using world = await openWorld();
  const config = await writeConfig(world, (evolve) => ({ evolve: { ...evolve, ...EVOLVE } }));
  const out = join(world.folder, "study.md");
  const args = [
    ...["science", "--config", config, "--quick", "--test-policy", "8", "--test-search", "4"],
    ...["--db", world.database("s"), "--json", "--out", out],
  ];
  const first = await runRstar(args);
  assert.equal(first.code, 0, first.stderr);
  const study = Study.parse(JSON.parse(first.stdout));
  assert.deepEqual(study.parts.map(({ ablation, round }) => `${ablation} ${round}`), [
    ...["round 1", "round 2", "search 2", "sft 2", "reward 2"],
  ]);
  assert.deepEqual(study.claims.map(({ name, holds }) => [name, holds === null]), [
    ["rise", true],
    ["coverage", true],
    ["search", true],
    ["traces", false],
    ["reward", false],
  ], "two rounds leave open what rounds 3 and 4 would show");
  assert.ok(study.suite_uses > 0);
  assert.deepEqual(
    await rows(
      world.database("s"),
      "SELECT name, count(*) FROM tree JOIN run USING (run_no) WHERE name LIKE '%-coverage' GROUP BY ALL ORDER BY ALL",
    ),
    [0, 1, 2].map((round) => [`science-seed-0-r${round}-coverage`, 4]),
    "every policy is searched with once, though it stands after one round and before the next",
  );
  assert.match(await Deno.readTextFile(out), /^## Science, .*\n\n1 chains of 2 rounds; sums:/);
  const events: WorldEvent[] = [];
  world.onEvent = (event) => void events.push(event);
  const second = await runRstar(args);
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual(events, [], "nothing is served, asked or trained");
  const again = Study.parse(JSON.parse(second.stdout));
  assert.deepEqual([again.parts, again.claims], [study.parts, study.claims]);
});
