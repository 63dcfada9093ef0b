import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { allRows, openReadOnly, openStore } from "../../../lib/store/mod.ts";
import { parsePage, tableTexts } from "../../report/_page.ts";
import { runRstar, startRstar } from "../_rstar.ts";
import { type EvolveWorld, openWorld, type WorldEvent } from "./_world.ts";

const Outcome = z.looseObject({
  report: z.string(),
  rounds: z.array(z.looseObject({
    round: z.number(),
    policy_pass1: z.number().nullable(),
    search_pass1: z.number().nullable(),
    ppm_pair_accuracy: z.number().nullable(),
    ppm_pair_accuracy_round_1: z.number().nullable(),
    coverage: z.number().nullable(),
    cumulative_coverage: z.number().nullable(),
    sft_traces: z.number().nullable(),
    false_step_share: z.null(),
    pairs: z.number().nullable(),
  })),
});

/** Everything of a database that does not depend on time, and the table of rounds. */
async function contents(world: EvolveWorld, name: string): Promise<unknown> {
  using database = await openReadOnly(world.database(name));
  const queries = [
    `SELECT t.round_no, p.problem_id, t.seed, n.node_id, n.step_text, n.status, n.visits, n.value_sum, n.ppm_logit, n.q_value, n.correct
     FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) ORDER BY ALL`,
    // The first folder has the database's name.
    `SELECT artifact_id, kind, round_no, role, location[instr(location, '/') :], sha256, n_rows
     FROM artifact WHERE round_no > 0 ORDER BY ALL`,
    "SELECT artifact_id, parent_id FROM artifact_parent ORDER BY ALL",
    "SELECT round_no, policy, ppm, state FROM round ORDER BY ALL",
    `SELECT e.suite, e.mode, e.round_no, e.policy, e.ppm, e.state, p.problem_id, s.sample, s.answer, s.outcome, v.correct
     FROM evaluation e JOIN eval_sample s USING (eval_id) JOIN problem p USING (problem_no)
     JOIN verdict v USING (eval_id, problem_no, sample) ORDER BY ALL`,
  ];
  const found: unknown[] = [];
  for (const sql of queries) {
    const { batches } = await database.query(sql);
    const rows: unknown[] = [];
    for await (const batch of batches) rows.push(...batch);
    assert.ok(rows.length > 0, sql);
    found.push(rows);
  }
  return found;
}

/** The table without what depends on time. */
function table(stdout: string): unknown {
  return Outcome.parse(JSON.parse(stdout)).rounds.map((round) => ({
    ...round,
    seconds: null,
    stage_seconds: null,
  }));
}

const Seeds = z.looseObject({ seed: z.number(), splitSeed: z.number() });

/** Reads the request to the trainer of a round's PPM. */
async function trainerRequest(world: EvolveWorld, name: string, round: number) {
  const folder = `${world.database(name)}.files/evolve/round-${round}/ppm`;
  return Seeds.parse(JSON.parse(await Deno.readTextFile(`${folder}/request.json`)));
}

/** Insists that the page shows what the table of rounds does, and has its curves. */
async function checkReport(
  path: string,
  rounds: z.infer<typeof Outcome>["rounds"],
): Promise<void> {
  const page = parsePage(await Deno.readTextFile(path));
  const [head = [], ...rows] = tableTexts(page, "rounds");
  const cells = (label: string) => rows.map((row) => row[head.indexOf(label)] ?? "none");
  assert.deepEqual(cells("round"), ["0", "1", "2"]);
  for (
    const [label, key] of [
      ["solved", "coverage"],
      ["solved so far", "cumulative_coverage"],
    ] as const
  ) {
    for (const [i, text] of cells(label).entries()) {
      const share = rounds[i]?.[key] ?? null;
      assert.ok(share === null || text.startsWith(`${(100 * share).toFixed(1)} %`), text);
      assert.equal(share === null, i === 0, `${label} of round ${i}`);
    }
  }
  for (
    const [id, title] of [["training_chart_0", "policy: loss"], ["training_chart_1", "ppm: loss"]]
  ) {
    const chart = page.querySelector(`figure[id="${id}"]`);
    assert.equal(chart?.querySelector("figcaption")?.textContent, title);
    const paths = [...chart?.querySelectorAll("svg path") ?? []]
      .map((path) => path.getAttribute("d") ?? "");
    // Ticks begin at 0,0 of their own place.
    const curves = paths.filter((path) => /^M(?!0,0)[\d.]+,[\d.]+L/.test(path));
    assert.equal(curves.length, 2, `a curve for each round: ${paths}`);
  }
  assert.ok(page.querySelector('figure[id="coverage_chart"] svg') !== null);
}

Deno.test("evolve searches, exports, trains and measures round after round, and has nothing left to do the second time", async () => {
  await using world = await openWorld();
  const first = await runRstar(world.args("a"));
  assert.equal(first.code, 0, first.stderr);
  const { rounds, report } = Outcome.parse(JSON.parse(first.stdout));
  assert.deepEqual(rounds.map(({ round }) => round), [0, 1, 2]);
  assert.equal(report, join(`${world.database("a")}.files`, "evolve", "report.html"));
  await checkReport(report, rounds);
  assert.deepEqual(
    rounds.map(({ search_pass1, ppm_pair_accuracy, coverage }) =>
      [search_pass1, ppm_pair_accuracy, coverage].map((value) => value === null)
    ),
    [[true, true, true], [false, false, false], [false, false, false]],
  );
  assert.ok((rounds[2]?.policy_pass1 ?? 0) > (rounds[0]?.policy_pass1 ?? 1));
  assert.ok(
    rounds.slice(1).every(({ sft_traces, pairs }) => (sft_traces ?? 0) > 0 && (pairs ?? 0) > 0),
  );
  assert.deepEqual(
    rounds.map((round) => round.ppm_pair_accuracy_round_1),
    [null, 0.625, 0.625],
  );
  const [one, two] = await Promise.all([1, 2].map((round) => trainerRequest(world, "a", round)));
  assert.equal(one?.splitSeed, two?.splitSeed, "every round holds the same problems out");
  assert.notEqual(one?.seed, two?.seed);
  const events: WorldEvent[] = [];
  world.onEvent = (event) => events.push(event);
  await Deno.remove(report);
  const second = await runRstar(world.args("a", ["--resume"]));
  assert.equal(second.code, 0, second.stderr);
  assert.deepEqual(events, [], "nothing is served, asked or trained");
  await checkReport(report, rounds);
  assert.deepEqual(JSON.parse(second.stdout).rounds, JSON.parse(first.stdout).rounds);
  const third = await runRstar(world.args("a", ["--rounds", "3"]));
  assert.equal(third.code, 0, third.stderr);
  assert.equal(events.filter((event) => event === "train").length, 2, "only round 3 is trained");
});

/** Ends a run at the n-th event of a kind, or when it prints a line. */
type Death = { readonly at: WorldEvent; readonly count: number } | { readonly line: RegExp };

async function dieAt(
  death: Death,
  world: EvolveWorld,
  [name, ...more]: readonly [string, ...string[]],
): Promise<void> {
  const child = startRstar(world.args(name, more));
  let seen = 0;
  world.onEvent = (event) => {
    if ("at" in death && event === death.at && ++seen === death.count) child.kill("SIGKILL");
  };
  const stderr = new Response(child.stderr.pipeThrough(
    new TransformStream({
      transform: (chunk, controller) => {
        controller.enqueue(chunk);
        const isTime = "line" in death && death.line.test(new TextDecoder().decode(chunk));
        if (isTime) child.kill("SIGKILL");
      },
    }),
  )).text();
  const [{ signal }, text] = await Promise.all([child.status, stderr, child.stdout.cancel()]);
  assert.equal(signal, "SIGKILL", `it ended before it could be killed: ${text}`);
}

Deno.test("evolve that is killed in every stage ends like one that was left alone", async () => {
  await using world = await openWorld();
  const deaths: readonly Death[] = [
    { at: "sample", count: 30 },
    { line: /traces of \d+ problems/ },
    { at: "train", count: 1 },
    { at: "trained", count: 1 },
    { line: /groups of pairs of/ },
    { at: "score", count: 2 },
    { at: "score", count: 15 },
  ];
  for (const death of deaths) await dieAt(death, world, ["killed"]);
  world.onEvent = () => {};
  const last = await runRstar(world.args("killed", ["--resume"]));
  assert.equal(last.code, 0, last.stderr);
  const alone = await runRstar(world.args("alone"));
  assert.equal(alone.code, 0, alone.stderr);
  assert.deepEqual(table(last.stdout), table(alone.stdout));
  assert.deepEqual(await contents(world, "killed"), await contents(world, "alone"));
  await using store = await openStore(world.database("killed"));
  assert.equal(await store.tornTrees(), 0);
});

Deno.test("evolve leaves easy ones of the same problems alone in the next round, and the same ones after it was killed", async () => {
  await using world = await openWorld({ skill: (round) => [85, 60][round] ?? 90 });
  const same = ["--selection", "same", "--eval-problems", "0", "--eval-search", "0"];
  const first = await runRstar(world.args("killed", [...same, "--stop-after", "evaluate"]));
  assert.equal(first.code, 0, first.stderr);
  // Nothing is measured: the first samples after round 1 are those of the second round's trees.
  await dieAt({ at: "sample", count: 9 }, world, ["killed", ...same]);
  world.onEvent = () => {};
  const last = await runRstar(world.args("killed", [...same, "--resume"]));
  assert.equal(last.code, 0, last.stderr);
  const problems = async (condition: string) => {
    using database = await openReadOnly(world.database("killed"));
    const sql = `SELECT problem_id FROM problems WHERE ${condition} ORDER BY ALL`;
    return (await allRows(database.query(sql))).map(([id]) => String(id));
  };
  const easy = await problems("round = 1 AND difficulty = 'easy'");
  const others = await problems("round = 1 AND difficulty <> 'easy'");
  assert.ok(easy.length > 0 && others.length > 0, `${easy.length} and ${others.length}`);
  assert.deepEqual(await problems("round = 2"), others);
});

Deno.test("evolve finishes what is open at SIGINT, exits with 130, and goes on", async () => {
  await using world = await openWorld();
  const child = startRstar(world.args("a"));
  let seen = 0;
  world.onEvent = (event) => {
    if (event === "sample" && ++seen === 30) child.kill("SIGINT");
  };
  const { code, stderr } = await child.output();
  assert.equal(code, 130, new TextDecoder().decode(stderr));
  world.onEvent = () => {};
  const { code: again, stderr: text } = await runRstar(world.args("a", ["--resume"]));
  assert.equal(again, 0, text);
});

Deno.test("evolve replays a recording to the same table without a model that answers", async () => {
  await using world = await openWorld();
  const file = `${world.folder}/replies.jsonl`;
  const live = await runRstar(world.args("live", ["--record", file]));
  assert.equal(live.code, 0, live.stderr);
  const asked: WorldEvent[] = [];
  world.onEvent = (event) => asked.push(event);
  const replayed = await runRstar(world.args("replayed", ["--replay", file]));
  assert.equal(replayed.code, 0, replayed.stderr);
  assert.deepEqual(new Set(asked), new Set(["train", "trained"]));
  assert.deepEqual(table(replayed.stdout), table(live.stdout));
  assert.deepEqual(await contents(world, "replayed"), await contents(world, "live"));
});

Deno.test.each<[string, Parameters<typeof openWorld>[0], RegExp, number]>([
  [
    "no trajectory is right",
    { skill: () => 0 },
    /stage "sft" of round 1: no trajectory is right.*none of the 8 problems.*search longer.*--new-run/,
    2,
  ],
  [
    "no trajectory of a later round is right",
    { skill: (round) => round === 1 ? 0 : 40 },
    /stage "sft" of round 2: no trajectory is right.*none of the 8 problems.*make sure that what was served.*--new-run/,
    2,
  ],
  [
    "nothing is ever wrong",
    { skill: () => 100 },
    /stage "pairs" of round 1: no pair of a right and a wrong step.*loosen the rules.*--new-run/,
    2,
  ],
  [
    "the trainer exits with 0 and leaves nothing",
    { trainer: () => "nothing" },
    /stage "policy" of round 1: The trainer ended without an error and left no checkpoint.*trainer\.command/,
    1,
  ],
  [
    "the checkpoint is half written",
    { trainer: (_round, kind) => kind === "ppm" ? "half" : "checkpoint" },
    /stage "ppm" of round 1: The trainer ended without an error and left no checkpoint.*config\.json/,
    1,
  ],
  [
    "its weights are half written",
    { trainer: (_round, kind) => kind === "ppm" ? "torn" : "checkpoint" },
    /stage "ppm" of round 1: The trainer ended without an error and left no checkpoint.*header wants/,
    1,
  ],
  [
    "the trainer fails",
    { trainer: (round) => round === 2 ? "fails" : "checkpoint" },
    /stage "policy" of round 2: The trainer .* died \(exit code 1\)/,
    1,
  ],
])(
  "evolve stops with cause and cure when %s",
  async (name, options, message, code) => {
    let isMended = false;
    const { skill, trainer } = options ?? {};
    await using world = await openWorld({
      ...(skill === undefined ? {} : { skill: (round: number) => isMended ? 50 : skill(round) }),
      ...(trainer === undefined ? {} : {
        trainer: (round: number, kind: string) =>
          isMended ? "checkpoint" as const : trainer(round, kind),
      }),
    });
    const broken = await runRstar(world.args("a"));
    assert.deepEqual([broken.code, broken.stdout], [code, ""], broken.stderr);
    assert.match(broken.stderr, message);
    // What trees do not hold is not in them the second time either.
    const wayOn = code === 2 ? /or --new-run, begin a run beside it/ : /goes on from here/;
    assert.match(broken.stderr, wayOn);
    assert.doesNotMatch(broken.stderr, /\bat \S+:\d+:\d+/);
    // Every way of failing leaves the same store behind: one of each kind is enough to see it go on.
    const isForgotten = name.includes("later round");
    if (!isForgotten && !name.includes("half written")) return;
    isMended = true;
    if (isForgotten) {
      const forget = ["runs", "delete", "evolve", "--from-round", "2", "--yes"];
      const forgotten = await runRstar([...forget, "--db", world.database("a")]);
      assert.equal(forgotten.code, 0, forgotten.stderr);
    }
    const mended = await runRstar(world.args("a", ["--resume"]));
    assert.equal(mended.code, 0, mended.stderr);
  },
);
