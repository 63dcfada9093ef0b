import assert from "node:assert/strict";
import { SearchOverrides } from "../../lib/config/mod.ts";
import { openTreesFor, PRESET_NAMES, PRESETS, SearchSpec } from "../../lib/search/mod.ts";
import { readPage, tableBelow } from "../docs/_page.ts";

Deno.test.each([...PRESET_NAMES])("preset %s is a valid specification", (name) => {
  assert.deepEqual(SearchSpec.parse(PRESETS[name].spec), PRESETS[name].spec);
});

Deno.test("presets hold the numbers of docs/search.md", () => {
  const rows = PRESET_NAMES.map((name) => {
    const { spec, unsolved } = PRESETS[name];
    const { rollouts, candidates, temperature, guidance } = spec;
    const more = unsolved.join(", ") || "–";
    return [name, `${rollouts} × ${candidates}`, String(temperature), guidance, more];
  });
  assert.deepEqual(rows, tableBelow(readPage("docs/search.md"), "Presets"));
});

Deno.test("presets allow as many errors in a row as docs/search.md says", () => {
  const allowing = PRESET_NAMES.filter((name) => PRESETS[name].spec.errorsAllowed > 0)
    .map((name) => `${name}: ${PRESETS[name].spec.errorsAllowed}`);
  assert.deepEqual(allowing, ["paper/r1: 1", "released/bootstrap: 1", "greedy: 2"]);
});

Deno.test("paper and released presets use their own rules, the others ours", () => {
  for (const name of PRESET_NAMES) {
    const { spec } = PRESETS[name];
    const isOurs = !/^(?:paper|released)/.test(name);
    assert.equal(spec.merge, isOurs);
    const selection = name === "starter/test" ? "puct" : "uct";
    assert.equal(spec.selection, name.startsWith("released") ? "released" : selection);
    const own = [spec.draws, spec.closing, spec.failedPrograms];
    const isReleased = name.startsWith("released");
    assert.deepEqual(
      own,
      isReleased ? ["first-answer", "when-met", "go-on"] : Array(3).fill(undefined),
    );
    assert.equal(spec.earlyStop, isOurs && !/test|greedy/.test(name));
  }
  assert.deepEqual(PRESETS["paper/r3"].spec.calibration, { bias: 0, scale: 1 });
  assert.deepEqual(PRESETS["released/sft"].spec.calibration, { bias: 0, scale: 5 });
});

Deno.test("SearchSpec reads what older versions stored, in which the released rules have no names", () => {
  const { draws: _draws, closing: _closing, failedPrograms: _failed, ...stored } =
    PRESETS["released/sft"].spec;
  assert.deepEqual(SearchSpec.parse(stored), stored);
  assert.deepEqual(SearchOverrides.parse(stored), stored);
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
