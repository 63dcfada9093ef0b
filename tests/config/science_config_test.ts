import assert from "node:assert/strict";
import { chainConfig, passedOn, resolveConfig, ScienceConfig } from "../../lib/config/mod.ts";

function resolve(evolve: Readonly<Record<string, unknown>>): ScienceConfig {
  const flags = { evolve: JSON.stringify(evolve) };
  return resolveConfig(ScienceConfig, { flags, environment: {} }).config;
}

Deno.test.each<[string, unknown, string]>([
  ["workers", 1, "--workers"],
  ["concurrency", 8, "--concurrency"],
  ["rounds", 3, "--rounds"],
  ["run", "mine", "--study"],
  ["trainer", { command: ["train"] }, "--trainer"],
  ["quick", true, "--quick"],
  ["seed", 4, "--seeds"],
  ["unsafeNoSandbox", true, "--unsafe-no-sandbox"],
  ["json", true, "--json"],
])("ScienceConfig refuses to have evolve told %s, which the study sets", (key, value, flag) => {
  assert.throws(() => resolve({ problemsPerRound: 60, [key]: value }), (error: Error) => {
    assert.equal(error.name, "ConfigError");
    assert.ok(error.message.includes(`for "evolve.${key}": the study sets it`), error.message);
    assert.ok(error.message.endsWith(`(${flag})`), error.message);
    return true;
  });
});

Deno.test("chainConfig() passes settings of evolve on, and sets what is the study's", () => {
  const config = resolve({ problemsPerRound: 60, ppmFrom: 2 });
  const { problemsPerRound, ppmFrom, seed, run, rounds } = chainConfig(config, 1);
  assert.deepEqual([problemsPerRound, ppmFrom, seed, run, rounds], [60, 2, 1, "science-seed-1", 4]);
});

Deno.test("ScienceConfig refuses everything that chainConfig() would replace", () => {
  for (const key of Object.keys(passedOn(resolve({})))) {
    assert.throws(() => resolve({ [key]: null }), { name: "ConfigError" }, key);
  }
});

Deno.test("chainConfig() says which setting of evolve is none", () => {
  assert.throws(() => chainConfig(resolve({ problemsPerRond: 60, ppmFrom: 1 }), 0), {
    name: "ConfigError",
    message: 'Cannot use setting "evolve" of the study: ppmFrom: expected at least 2; ' +
      "there is no such key: problemsPerRond",
  });
});
