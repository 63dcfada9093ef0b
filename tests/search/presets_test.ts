import assert from "node:assert/strict";
import { openTreesFor, PRESET_NAMES, PRESETS, SearchSpec } from "../../lib/search/mod.ts";

Deno.test.each([...PRESET_NAMES])("preset %s is a valid specification", (name) => {
  assert.deepEqual(SearchSpec.parse(PRESETS[name].spec), PRESETS[name].spec);
});

Deno.test("presets hold the numbers of algorithm.md 3.8", () => {
  const rows = PRESET_NAMES.map((name) => {
    const { spec, unsolved } = PRESETS[name];
    const { rollouts, candidates, temperature, errorsAllowed, guidance } = spec;
    return `${name}: ${rollouts}x${candidates} T${temperature} e${errorsAllowed} ${guidance} ` +
      `+${unsolved.join("+")}`;
  });
  assert.deepEqual(rows, [
    "default: 16x8 T1 e0 terminal +",
    "paper/r1: 8x5 T0.7 e1 terminal +",
    "paper/r2: 16x8 T1 e0 terminal +16",
    "paper/r3: 16x8 T1 e0 ppm +16",
    "paper/r4: 16x16 T1 e0 ppm +64+128",
    "paper/test: 4x32 T1 e0 ppm +",
    "released/bootstrap: 48x12 T0.7 e2 terminal +",
    "released/sft: 48x12 T1 e1 ppm +",
    "released/eval: 12x32 T1 e1 ppm +",
    "greedy: 1x1 T0 e3 terminal +",
    "starter/r1: 8x5 T1 e0 terminal +",
    "starter/r2: 8x4 T1 e0 terminal +16",
    "starter/r3: 8x4 T1 e0 ppm +16",
    "starter/r4: 8x4 T1 e0 ppm +16",
    "starter/test: 4x8 T0.5 e0 ppm +",
  ]);
});

Deno.test("paper and released presets use their own rules, the others ours", () => {
  for (const name of PRESET_NAMES) {
    const { spec } = PRESETS[name];
    const isOurs = !/^(?:paper|released)/.test(name);
    assert.equal(spec.merge, isOurs);
    const selection = name === "starter/test" ? "puct" : "uct";
    assert.equal(spec.selection, name.startsWith("released") ? "released" : selection);
    assert.equal(spec.earlyStop, isOurs && !/test|greedy/.test(name));
  }
  assert.deepEqual(PRESETS["paper/r3"].spec.calibration, { bias: 0, scale: 1 });
  assert.deepEqual(PRESETS["released/sft"].spec.calibration, { bias: 0, scale: 5 });
});

Deno.test("SearchSpec refuses prescreening without a PPM, and unknown fields", () => {
  const { spec } = PRESETS.default;
  const messages = (value: unknown) =>
    SearchSpec.safeParse(value).error?.issues.map((issue) => issue.message);
  assert.deepEqual(messages({ ...spec, prescreen: 2 }), [
    'prescreening ranks by PPM and needs guidance "ppm"',
  ]);
  assert.deepEqual(messages({ ...spec, rolouts: 2 }), ['Unrecognized key: "rolouts"']);
});

const capacity = {
  policySlots: 32,
  ppmSlots: 8,
  sandboxWorkers: 2,
  sandboxWaiting: 0,
  window: 1,
  open: 0,
};

Deno.test("openTreesFor() has a rollout for every slot and two for every worker", () => {
  assert.equal(openTreesFor(capacity), 44);
  assert.equal(openTreesFor({ ...capacity, window: 4 }), 11);
  assert.equal(
    openTreesFor({ ...capacity, policySlots: 0, ppmSlots: 0, sandboxWorkers: 0, window: 4 }),
    1,
  );
});

Deno.test("openTreesFor() adds no tree while many steps wait for the sandbox", () => {
  assert.equal(openTreesFor({ ...capacity, open: 20, sandboxWaiting: 16 }), 44);
  assert.equal(openTreesFor({ ...capacity, open: 20, sandboxWaiting: 17 }), 20);
  assert.equal(openTreesFor({ ...capacity, open: 0, sandboxWaiting: 17 }), 1);
});
