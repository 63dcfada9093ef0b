/** Tests of rounds with problems that are easy, and with those of which none is solved. */
import assert from "node:assert/strict";
import { RoundParams, type ScheduleOptions } from "../../lib/rounds/mod.ts";
import { LEVELLESS, newFixture, run } from "./_fixture.ts";
import {
  artifactsOf,
  Death,
  scriptedPlan,
  scriptedStages,
  type ScriptedStagesOptions,
} from "./_world.ts";

Deno.test("runRounds() leaves same problems alone that are easy, searches what is solved now and then again, and counts both", async () => {
  const fixture = newFixture();
  const plan = scriptedPlan({ schedule: { ...LEVELLESS, selection: "same" } });
  const [easy = "", late = "", mixed = "", ...unsolved] = plan.schedules[0]?.problemIds ?? [];
  const solves: ScriptedStagesOptions["solves"] = ({ round, seed, problem }) =>
    problem === easy || problem === late && round > 1 || problem === mixed && seed === 1;
  await run(fixture, plan, { solves });
  const searched = (problem: string) =>
    [1, 2, 3, 4].filter((round) => fixture.world.trees.has(`${round}/0/${problem}`));
  assert.deepEqual(searched(easy), [1]);
  assert.deepEqual(searched(late), [1, 2]);
  // A further tree solves it, the first one of each round does not.
  assert.deepEqual(searched(mixed), [1, 2, 3, 4]);
  assert.ok(fixture.world.trees.has(`4/1/${mixed}`));
  assert.ok(!fixture.world.trees.has(`4/1/${easy}`), "no further tree either");
  assert.deepEqual(unsolved.map(searched), unsolved.map(() => [1, 2, 3, 4]));
  const rounds = await fixture.store.rounds(1);
  assert.deepEqual(
    rounds.map(({ params }) => RoundParams.parse(params))
      .map(({ problems, leftAlone }) => [problems, leftAlone]),
    [[0, 0], [4, 0], [4, 1], [4, 2], [4, 2]],
  );
});

Deno.test.each<[string, Partial<ScheduleOptions>]>([
  ["without a curriculum", { ...LEVELLESS, selection: "same", curriculum: false }],
  ["that are fresh", LEVELLESS],
])("runRounds() searches all problems %s, easy ones too", async (_name, schedule) => {
  const fixture = newFixture();
  const plan = scriptedPlan({ schedule });
  await run(fixture, plan, { solves: () => true });
  const wanted = plan.schedules.flatMap(({ round, problemIds }) =>
    problemIds.map((id) => `${round}/0/${id}`)
  );
  assert.deepEqual([...fixture.world.trees].toSorted(), wanted.toSorted());
});

Deno.test("runRounds() goes on where all but what no round ever solved is easy, and stops where it loses what it had", async () => {
  const plan = scriptedPlan({ schedule: { ...LEVELLESS, selection: "same", rounds: 3 } });
  const [hopeless = "", mixed = ""] = plan.schedules[0]?.problemIds ?? [];
  const outcome = await run(newFixture(), plan, { solves: ({ problem }) => problem !== hopeless });
  assert.equal(outcome.ended, "complete");
  // Round 2 solves it with its second tree, so that it is not easy in round 3.
  const solves: ScriptedStagesOptions["solves"] = ({ round, seed, problem }) =>
    problem !== hopeless && (problem !== mixed || round === 2 && seed === 1);
  await assert.rejects(
    run(newFixture(), plan, { solves }),
    /"sft" of round 3: no trajectory is right: .* none of the 2 problems/,
  );
});

Deno.test("runRounds() goes on with the data of before where every problem is easy: nothing searches, and lineage says so", async () => {
  const fixture = newFixture();
  const plan = scriptedPlan({ schedule: { ...LEVELLESS, selection: "same", rounds: 3 } });
  assert.equal((await run(fixture, plan, { solves: () => true })).ended, "complete");
  assert.deepEqual(fixture.world.log.filter((entry) => entry.startsWith("search")), [
    "search 1 with base -",
  ]);
  const made = await artifactsOf(fixture.store);
  assert.ok(made.includes("sft@3 <- policy@0"), "no other checkpoint grew its trees");
  assert.ok(made.includes("ppm@3 <- pairs@3 policy@3"));
  const rounds = await fixture.store.rounds(1);
  assert.deepEqual(rounds.map(({ policy, ppm }) => [policy, ppm]), [
    [null, null],
    ["hash of base", null],
    [null, null],
    [null, null],
  ]);
});

Deno.test("runRounds() stops at a round that solves nothing, though earlier rounds gave data, and keeps no artifact of it", async () => {
  const fixture = newFixture();
  const solves = ({ round }: { readonly round: number }) => round !== 2;
  const message =
    'Cannot finish stage "sft" of round 2: no trajectory is right: the trees of this round solved none of the 4 problems that they ' +
    "searched; look at some of them (deno task view) and make sure that what was served is the model that the round searches with, " +
    "or search longer (more rollouts, candidates or problems), take easier problems, or start from a stronger base; every stage " +
    "before it is stored, and trees are not grown again, unless the round is forgotten (deno task runs delete NAME --from-round 2): " +
    "other settings of search, data or learning, or --new-run, begin a run beside it";
  for (const _attempt of [1, 2]) {
    await assert.rejects(run(fixture, scriptedPlan(), { solves }), {
      name: "UsageError",
      message,
    });
  }
  assert.deepEqual(
    (await artifactsOf(fixture.store)).filter((name) => /^\w+@2/.test(name)),
    [],
  );
  assert.ok(!fixture.world.log.includes("sft 2"), "nothing is exported");
  const rounds = await fixture.store.rounds(1);
  assert.deepEqual(rounds.map(({ state }) => state), ["done", "done", "sft"]);
});

Deno.test("runRounds() that dies anywhere on its way to a round that solves nothing stops there all the same", async () => {
  for (let steps = 0; steps < 60; steps++) {
    const fixture = newFixture();
    let left = steps;
    const tick = () => {
      if (left-- <= 0) throw new Death();
    };
    const solves = ({ round }: { readonly round: number }) => round !== 2;
    await run(fixture, scriptedPlan(), { solves, tick }).catch(() => {});
    await assert.rejects(run(fixture, scriptedPlan(), { solves }), /"sft" of round 2: no traject/);
  }
});

Deno.test("runRounds() stops at a round of which no tree was finished, though earlier rounds gave data", async () => {
  const fixture = newFixture();
  const { search } = scriptedStages(fixture.world);
  const givesUp: typeof search = (request) =>
    request.round === 2 ? Promise.resolve({ undone: 4 }) : search(request);
  await assert.rejects(run(fixture, scriptedPlan(), { stages: { search: givesUp } }), {
    name: "UsageError",
    message: /stage "sft" of round 2: none of the 4 problems of this round has a tree; .*report/,
  });
});

Deno.test("runRounds() goes on where everything is right: a round needs no pairs of its own", async () => {
  const fixture = newFixture();
  // What is pooled over rounds stays what the first one gave.
  const outcome = await run(fixture, scriptedPlan(), { solves: () => true, rows: () => 10 });
  assert.equal(outcome.ended, "complete");
});
