import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError } from "../../lib/core/mod.ts";
import { roundSchedules, type ScheduleOptions, SEEDS_PER_RUN } from "../../lib/rounds/mod.ts";
import { scheduleOptions } from "./_world.ts";

Deno.test("roundSchedules() takes the preset of each round, and the last one for later rounds", () => {
  const schedules = roundSchedules(
    scheduleOptions({ rounds: 6, family: "paper", problemsPerRound: 5 }),
  );
  assert.deepEqual(
    schedules.map(({ round, preset, usesPpm }) => [round, preset, usesPpm]),
    [
      [1, "paper/r1", false],
      [2, "paper/r2", false],
      [3, "paper/r3", true],
      [4, "paper/r4", true],
      [5, "paper/r4", true],
      [6, "paper/r4", true],
    ],
  );
  assert.deepEqual(
    schedules.map(({ passes }) => passes.map(({ problems, spec }) => [problems, spec.rollouts])),
    [
      [["all", 8]],
      [["all", 16], ["unsolved", 16]],
      [["all", 16], ["unsolved", 16]],
      [["all", 16], ["unsolved", 64], ["unsolved", 128]],
      [["all", 16], ["unsolved", 64], ["unsolved", 128]],
      [["all", 16], ["unsolved", 64], ["unsolved", 128]],
    ],
  );
  assert.equal(schedules[0]?.passes[0]?.spec.prompt, "bootstrap");
});

Deno.test("roundSchedules() guides search by a PPM from ppmFrom on, whatever the preset says", () => {
  const schedules = roundSchedules(scheduleOptions({ ppmFrom: 2 }));
  const guidance = schedules.map(({ passes }) => passes.map(({ spec }) => spec.guidance));
  assert.deepEqual(guidance, [
    ["terminal"],
    ["ppm", "ppm"],
    ["ppm", "ppm"],
    ["ppm", "ppm"],
  ]);
});

Deno.test("roundSchedules() prescreens only where a PPM ranks", () => {
  const schedules = roundSchedules(scheduleOptions({ search: { prescreen: 2 } }));
  assert.deepEqual(
    schedules.map(({ passes }) => passes[0]?.spec.prescreen),
    [null, null, 2, 2],
  );
});

Deno.test("roundSchedules() leaves levels and further trees alone without a curriculum", () => {
  const schedules = roundSchedules(scheduleOptions({ curriculum: false }));
  assert.ok(schedules.every(({ passes }) => passes.length === 1));
  assert.ok(schedules.every(({ minLevel }) => minLevel === null));
});

Deno.test.each<[string, Partial<ScheduleOptions>, readonly boolean[]]>([
  ["leave easy ones of the same problems alone after the first", { selection: "same" }, [
    false,
    true,
    true,
    true,
  ]],
  ["search fresh problems whatever they are", { selection: "fresh" }, [false, false, false, false]],
  ["search all without a curriculum", { selection: "same", curriculum: false }, [
    false,
    false,
    false,
    false,
  ]],
])("roundSchedules() lets rounds %s", (_name, options, expected) => {
  const schedules = roundSchedules(scheduleOptions(options));
  assert.deepEqual(schedules.map(({ leavesEasy }) => leavesEasy), expected);
});

Deno.test.each<["fresh" | "same", readonly number[][]]>([
  ["fresh", [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [3, 3, 4, 4, 5], [3, 3, 4, 5, 5]]],
  ["same", [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [3, 4, 5], [3, 4, 5]]],
])(
  "roundSchedules() keeps to the levels that a preset names among %s problems, and takes those without one",
  (selection, expected) => {
    const problems = Array.from({ length: 50 }, (_, i) => ({
      id: `p${i}`,
      level: i % 5 === 0 ? null : i % 5,
    }));
    const level = new Map(problems.map(({ id, level }) => [id, level ?? 5]));
    const schedules = roundSchedules(scheduleOptions({ problems, selection, problemsPerRound: 5 }));
    assert.deepEqual(schedules.map(({ minLevel }) => minLevel), [null, null, 3, 3]);
    const levels = schedules.map(({ problemIds }) => problemIds.map((id) => level.get(id) ?? 0));
    assert.deepEqual(levels.map((ones) => ones.toSorted()), expected);
    const ids = schedules.flatMap(({ problemIds }) => problemIds);
    assert.equal(new Set(ids).size, selection === "fresh" ? ids.length : 5);
  },
);

Deno.test("roundSchedules() deals all of a set that does not reach the level of a preset", () => {
  for (const level of [null, 2]) {
    const problems = Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, level }));
    const schedules = roundSchedules(scheduleOptions({ problems, problemsPerRound: 5 }));
    assert.deepEqual(
      schedules.map(({ minLevel, problemIds }) => [minLevel, problemIds.length]),
      [[null, 5], [null, 5], [null, 5], [null, 5]],
    );
  }
});

Deno.test.each<[string, Partial<ScheduleOptions>, readonly (number | null)[]]>([
  ["too few of it are left for a fresh round", { problemsPerRound: 8 }, [null, null, 3, 2]],
  ["none of the same problems reaches it", { selection: "same", problemsPerRound: 1 }, [
    null,
    null,
    1,
    1,
  ]],
])("roundSchedules() goes down to a lower level where %s", (_name, options, expected) => {
  const schedules = roundSchedules(scheduleOptions(options));
  assert.deepEqual(schedules.map(({ minLevel }) => minLevel), expected);
  assert.ok(schedules.every(({ problemIds }) => problemIds.length === options.problemsPerRound));
});

Deno.test("roundSchedules() deals fresh problems, the same ones, or all", () => {
  const ids = (options: Parameters<typeof scheduleOptions>[0]) =>
    roundSchedules(scheduleOptions({ family: "paper", ...options }))
      .map(({ problemIds }) => problemIds);
  const fresh = ids({ selection: "fresh", problemsPerRound: 10 });
  assert.equal(new Set(fresh.flat()).size, 40);
  const same = ids({ selection: "same", problemsPerRound: 10 });
  assert.equal(new Set(same.flat()).size, 10);
  assert.deepEqual(same[3], same[0]);
  assert.ok(
    ids({ selection: "same", problemsPerRound: null }).every(({ length }) => length === 40),
  );
});

Deno.test("any number of rounds begins with the schedules of a smaller one; seeds never meet; levels are mixed", () =>
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 8 }),
    fc.integer({ min: 0, max: 254 }),
    fc.constantFrom("fresh" as const, "same" as const),
    (rounds, problemsPerRound, seed, selection) => {
      const curriculum = selection === "fresh" && problemsPerRound <= 4;
      // Enough of levels 3 and 4 for all rounds: where a level runs out, what is left is mixed no more.
      const problems = Array.from({ length: 60 }, (_, i) => ({ id: `p${i}`, level: i % 4 + 1 }));
      const options = scheduleOptions({
        rounds,
        problemsPerRound,
        seed,
        selection,
        curriculum,
        problems,
      });
      const schedules = roundSchedules(options);
      const longer = roundSchedules({ ...options, rounds: Math.min(rounds + 1, 5) });
      assert.deepEqual(longer.slice(0, rounds), schedules);
      const seedsOf = (run: typeof schedules) =>
        run.flatMap(({ passes }) => passes.flatMap(({ seeds }) => seeds));
      const next = roundSchedules({ ...options, seed: seed + 1 });
      assert.ok(Math.max(...seedsOf(schedules)) < Math.min(...seedsOf(next)));
      assert.ok(seedsOf(schedules).every((one) => one >= 0 && one < 4096));
      for (const { passes } of schedules) {
        const seeds = passes.flatMap(({ seeds }) => seeds);
        assert.equal(new Set(seeds).size, seeds.length);
        assert.ok(seeds.length <= SEEDS_PER_RUN);
      }
      const level = new Map(options.problems.map((problem) => [problem.id, problem.level]));
      for (const { problemIds, minLevel } of schedules) {
        const counts = [1, 2, 3, 4].filter((wanted) => wanted >= (minLevel ?? 1)).map((wanted) =>
          problemIds.filter((id) => level.get(id) === wanted).length
        );
        assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
      }
    },
  )));

Deno.test("another seed searches other problems in another order", () => {
  const first = (seed: number) => roundSchedules(scheduleOptions({ seed }))[0]?.problemIds;
  assert.notDeepEqual(first(0), first(1));
});

Deno.test.each<[string, Parameters<typeof scheduleOptions>[0], RegExp]>([
  ["too many rounds", { rounds: 16 }, /Cannot run 16 rounds: expected 1 to 15/],
  ["a seed without room", { seed: 256 }, /Cannot use seed 256: expected 0 to 255/],
  ["a PPM that nobody trained", { ppmFrom: 1 }, /the first one is trained in round 1/],
  [
    "too few fresh problems",
    { problemsPerRound: 11, curriculum: false },
    /Cannot take 11 fresh problems for round 4: 7 are left; .*search the same ones/,
  ],
  ["no problems", { problems: [] }, /Cannot take 4 fresh problems for round 1: 0 are left/],
  [
    "fresh rounds of all problems",
    { problemsPerRound: null },
    /Cannot take all fresh problems for round 2: 0 are left/,
  ],
  ["search parameters out of range", { search: { rollouts: 0 } }, /"starter\/r1".*search.rollouts/],
])("roundSchedules() refuses %s", (_name, options, message) => {
  assert.throws(
    () => roundSchedules(scheduleOptions(options)),
    (error: unknown) => error instanceof ConfigError && message.test(error.message),
  );
});
