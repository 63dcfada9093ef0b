import assert from "node:assert/strict";
import { EvalConfig, EvolveConfig, resolveConfig, ScienceConfig } from "../../lib/config/mod.ts";

const none = { flags: {}, environment: {} };

Deno.test.each([
  [EvalConfig, "checkpoint", "flag --checkpoint: it is called --policy now"],
  [
    EvolveConfig,
    "ppm",
    "flag --ppm: it is called --ppm-training.<setting>, e.g. --ppm-training.epochs 2 now",
  ],
  [EvolveConfig, "exportPreset", "flag --export-preset: it is called --rules now"],
  [ScienceConfig, "run", "flag --run: it is called --study now"],
])("resolveConfig() refuses an old flag with the new one (%#)", (schema, key, message) => {
  assert.throws(() => resolveConfig(schema, { ...none, flags: { [key]: "x" } }), {
    name: "ConfigError",
    message: `Cannot use ${message}`,
  });
});

Deno.test("resolveConfig() refuses an old key of a file, and an old variable, with the new one", () => {
  const file = { path: "a.jsonc", text: '{ "ppm": { "epochs": 2 } }' };
  assert.throws(() => resolveConfig(EvolveConfig, { ...none, file }), {
    name: "ConfigError",
    message: 'Cannot use key "ppm" in "a.jsonc": it is called "ppmTraining" now',
  });
  assert.throws(
    () => resolveConfig(EvalConfig, { ...none, environment: { RSTAR_CHECKPOINT: "x" } }),
    {
      name: "ConfigError",
      message: 'Cannot use variable "RSTAR_CHECKPOINT": it is called RSTAR_POLICY now',
    },
  );
  const evolve = '{ "ppm": { "epochs": 2 } }';
  assert.throws(() => resolveConfig(ScienceConfig, { ...none, flags: { evolve } }), {
    name: "ConfigError",
    message: /for "evolve.ppm": it is called "ppmTraining" now/,
  });
});

Deno.test("resolveConfig() adds settings within a group to those of the file", () => {
  const { config, origins } = resolveConfig(EvolveConfig, {
    ...none,
    file: { path: "a.jsonc", text: '{ "sft": { "epochs": 1, "saveSteps": 20 } }' },
    parts: [
      ["sft.epochs", "2"],
      ["ppmTraining.batchSize", "8"],
      ["search.maxDepth", "5"],
      ["hooks.serve", "a.sh, {policy}"],
      ["hooks.timeoutSeconds", "9"],
    ],
  });
  assert.deepEqual(config.sft, { epochs: 2, saveSteps: 20 });
  assert.deepEqual(config.ppmTraining, { batchSize: 8 });
  assert.deepEqual(config.search, { maxDepth: 5 });
  assert.deepEqual(config.hooks, { serve: ["a.sh", "{policy}"], timeoutSeconds: 9 });
  assert.equal(origins["sft"], "flag");
});

Deno.test("resolveConfig() refuses a part of a setting that is no group", () => {
  assert.throws(() => resolveConfig(EvolveConfig, { ...none, parts: [["rounds.x", "1"]] }), {
    name: "ConfigError",
    message: /^Cannot use flag --rounds\.x: "rounds" is no group of settings; groups are search, /,
  });
});
