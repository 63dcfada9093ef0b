import assert from "node:assert/strict";
import { compareManifests, type StarterManifest } from "../../lib/starter/manifest.ts";

const LEVEL = { level: 1, problems: 100, greedy: 0.5, sampled: 0.4, solved: 1 };

function manifest(
  changes: { readonly sha?: string; readonly greedy?: number } = {},
): StarterManifest {
  const { sha = "0".repeat(64), greedy = LEVEL.greedy } = changes;
  const level = { ...LEVEL, greedy, rightTraces: 10, falseStepShare: 0.2 };
  return {
    generatorVersion: 1,
    seed: 1,
    files: [
      { path: "problems_test.jsonl", sha256: sha, bytes: 1 },
      { path: "base/model.safetensors", sha256: sha, bytes: 1 },
    ],
    models: {
      base: {
        folder: "base",
        parameters: 1,
        loss: 0.1,
        measuredOn: "problems_validation.jsonl",
        figures: { samples: 32, greedy, levels: [level] },
      },
    },
  };
}

Deno.test("compareManifests() finds no difference between equal manifests", () => {
  assert.deepEqual(compareManifests(manifest(), manifest()), []);
});

Deno.test("compareManifests() wants problem files, but not weights, byte for byte", () => {
  assert.deepEqual(compareManifests(manifest({ sha: "1".repeat(64) }), manifest()), [
    'Problem file "problems_test.jsonl" differs from the shipped one',
  ]);
});

Deno.test("compareManifests() lets figures differ within the tolerance only", () => {
  assert.deepEqual(compareManifests(manifest({ greedy: 0.6 }), manifest()), []);
  assert.deepEqual(compareManifests(manifest({ greedy: 0.7 }), manifest()), [
    'Model "base", level 1: greedy is 0.700, shipped 0.500',
  ]);
});

Deno.test("compareManifests() names a model that was not made, and another generator", () => {
  assert.deepEqual(
    compareManifests({ ...manifest(), generatorVersion: 2, models: {} }, manifest()),
    [
      "Generator version 2, shipped 1",
      'Model "base" was not made',
    ],
  );
});
