import assert from "node:assert/strict";
import { EvolveConfig, evolveSizes, resolveConfig } from "../../lib/config/mod.ts";

function sizes(settings: Readonly<Record<string, unknown>>) {
  return evolveSizes(EvolveConfig.parse(settings));
}

Deno.test("evolveSizes() cuts the starter world to what two cores do in minutes, and takes other sets whole", () => {
  assert.deepEqual(sizes({}).rounds, 4);
  assert.deepEqual(sizes({ quick: true }).rounds, 2);
  assert.equal(sizes({ quick: true }).ppmFrom, 2, "a quick run shows search with a PPM");
  assert.deepEqual([sizes({}).curriculum, sizes({ quick: true }).curriculum], [true, false]);
  const starter = sizes({});
  assert.ok(starter.problemsPerRound !== null && starter.selection === "fresh");
  const real = sizes({ problems: "math_train", preset: "paper" });
  assert.deepEqual([real.problemsPerRound, real.selection], [null, "same"]);
});

Deno.test("evolveSizes() keeps what is given", () => {
  const given = {
    rounds: 3,
    ppmFrom: 2,
    problemsPerRound: "all",
    selection: "same",
    curriculum: "on",
    evalProblems: 0,
    evalSearch: "all",
  };
  assert.deepEqual(sizes({ ...given, quick: true }), {
    rounds: 3,
    ppmFrom: 2,
    problemsPerRound: null,
    selection: "same",
    curriculum: true,
    evalProblems: 0,
    evalSearch: null,
  });
});

Deno.test.each<[string, Readonly<Record<string, string | boolean>>, RegExp]>([
  ["resume and newRun", { resume: true, newRun: true }, /give one/],
  ["record and replay", { record: "a", replay: "b" }, /give one/],
  ["a bootstrap model that nobody serves", { bootstrap: "coder" }, /needs hooks.serve/],
  ["two ways to train", { trainer: '{"command": ["x"], "accelerate": "y"}' }, /give one/],
  ["chat with a base", { policyApi: "chat" }, /name one with bootstrap/],
  ["a beginning behind the end", { fromRound: "3", quick: true }, /beyond the last round, 2/],
  ["a PPM in the first round", { ppmFrom: "1" }, /ppmFrom/],
  ["an unknown stage", { stopAfter: "searching" }, /expected one of search, sft/],
])("EvolveConfig refuses %s", (_name, flags, message) => {
  assert.throws(() => resolveConfig(EvolveConfig, { flags, environment: {} }), message);
});

Deno.test("EvolveConfig takes flags as text", () => {
  const { config } = resolveConfig(EvolveConfig, {
    flags: {
      rounds: "2",
      problemsPerRound: "all",
      untilFlat: "0.01",
      suites: "a, b",
      search: '{"rollouts": 3}',
    },
    environment: { RSTAR_SEED: "7" },
  });
  assert.deepEqual(
    [
      config.rounds,
      config.problemsPerRound,
      config.untilFlat,
      config.suites,
      config.search,
      config.seed,
    ],
    [2, "all", 0.01, ["a", "b"], { rollouts: 3 }, 7],
  );
});
