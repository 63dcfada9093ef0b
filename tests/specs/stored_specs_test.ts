/** Specifications of every version since 5f0f6d1, as they were stored, against today's readers. */
import assert from "node:assert/strict";
import { hashJson, isSameSpec, type Json, readSpec, upgradeSpec } from "../../lib/core/mod.ts";
import { checkLike, likeConfig, readModel } from "../../lib/cli/eval/like.ts";
import { findSourceRound } from "../../lib/cli/ablate/source_round.ts";
import { loadSuites } from "../../lib/cli/eval/load_suites.ts";
import { selectionOf } from "../../lib/cli/eval/plan.ts";
import { EvalConfig } from "../../lib/config/mod.ts";
import { Decontaminator, exportPairs, exportSft } from "../../lib/export/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { keepRun } from "../cli/ablate/_source_run.ts";
import { testSample } from "../conformance/store_evaluations.ts";
import { temporaryFolder } from "../store/_files.ts";
import { NO_PROVENANCE } from "../no_provenance.ts";
import { EXAMPLES, type SpecExample } from "./_today.ts";

const FOLDER = new URL("../../fixtures/specs/", import.meta.url);

/** Versions that are kept: the version of the specification, and the commit that made it where there was none yet. */
const VERSIONS = ["0_5f0f6d1", "0_94e59c9", "1"] as const;

const SHORT_STEPS = { search: { maxTokens: 2048 } };

/** Settings that presets have changed since: with these of then, today's command continues what was stored. */
const SETTINGS_OF_THEN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "0_5f0f6d1/evolve_quick": SHORT_STEPS,
  "0_5f0f6d1/evolve_same": SHORT_STEPS,
  "0_5f0f6d1/synth": SHORT_STEPS,
  "0_5f0f6d1/ablate_trees": SHORT_STEPS.search,
  "0_5f0f6d1/synth_released": {
    search: { errorsAllowed: 2, draws: "all", closing: "at-once", failedPrograms: "end" },
  },
  "0_5f0f6d1/eval_released": {
    search: { errorsAllowed: 1, draws: "all", closing: "at-once", failedPrograms: "end" },
  },
};

async function stored(version: string, name: string): Promise<Json> {
  return JSON.parse(await Deno.readTextFile(new URL(`${version}/${name}.json`, FOLDER)));
}

const CASES: readonly (readonly [string, string, SpecExample])[] = VERSIONS.flatMap((version) =>
  Object.entries(EXAMPLES).map(([name, example]) => [version, name, example] as const)
);

for (const [version, name, { kind, make }] of CASES) {
  Deno.test(`the specification ${name} of version ${version} is read, and means what today's does`, async () => {
    const spec = await stored(version, name);
    readSpec(kind, spec);
    const today = await make(SETTINGS_OF_THEN[`${version}/${name}`]);
    assert.deepEqual(upgradeSpec(kind, spec), today);
    const upgrade = (old: Json) => upgradeSpec(kind, old);
    assert.ok(isSameSpec({ spec: today, upgrade }, { spec, specHash: hashJson(spec) }));
  });
}

Deno.test("today's specifications are those that are kept: what changes one needs a version", async () => {
  for (const [name, { make }] of Object.entries(EXAMPLES)) {
    assert.deepEqual(await make(), await stored("1", name), `specification ${name}`);
  }
});

Deno.test("a stored run of every version is continued, and one that means something else is not", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  for (const [version, name, { kind, make }] of CASES) {
    if (name.startsWith("eval")) continue;
    const request = { name: `${version} ${name}`, command: "evolve", provenance: NO_PROVENANCE };
    const opened = await store.openRun({
      ...request,
      spec: await stored(version, name),
      mode: "new",
    });
    const again = {
      ...request,
      mode: "continue",
      upgrade: (spec: Json) => upgradeSpec(kind, spec),
    } as const;
    const today = await make(SETTINGS_OF_THEN[`${version}/${name}`]);
    const continued = await store.openRun({ ...again, spec: today });
    assert.deepEqual(continued, { ...opened, isContinued: true });
    if (name !== "evolve_quick") continue;
    const settings = { ...SETTINGS_OF_THEN[`${version}/${name}`], roundBudgetTokens: 5 };
    const other = await store.openRun({ ...again, spec: await make(settings) });
    assert.deepEqual(other.beside?.changes.map(({ path }) => path), ["roundBudgetTokens"]);
  }
});

Deno.test("a stored evaluation of every version is continued", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  for (const [version, name, { kind, make }] of CASES) {
    if (!name.startsWith("eval")) continue;
    const request = {
      suite: `${version} ${name}`,
      mode: "greedy",
      runNo: null,
      roundNo: null,
      policy: null,
      ppm: null,
      provenance: null,
    };
    const opened = await store.openEvaluation({
      ...request,
      spec: await stored(version, name),
      open: "new",
    });
    const again = await store.openEvaluation({
      ...request,
      spec: await make(SETTINGS_OF_THEN[`${version}/${name}`]),
      upgrade: (spec) => upgradeSpec(kind, spec),
      open: "resume",
    });
    assert.deepEqual(again, { ...opened, isContinued: true });
  }
});

Deno.test("a round of a stored run of every version is ablated, and its trees are exported by its rules", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await using store = await openStore(db);
  for (const [version, name] of CASES) {
    if (!name.startsWith("evolve")) continue;
    const run = `${version}-${name}`;
    await keepRun(store, run, await stored(version, name));
    const { source } = await findSourceRound(store, { db, run, round: 1, base: undefined }, null);
    assert.deepEqual([source.search.draws, source.search.closing], ["all", "at-once"]);
    assert.ok(!("version" in source.search));
    const common = { folder: null, source: source.trees, decontaminator: new Decontaminator() };
    const traces = await exportSft(store, { ...common, rules: source.sftRules });
    const pairs = await exportPairs(store, { ...common, rules: source.pairRules });
    assert.equal(traces.kind, "sft");
    assert.equal(pairs.kind, "pairs");
  }
});

Deno.test("a stored evaluation of every version is measured again as it was", async () => {
  const problems = await measuredProblems();
  for (const [version, name] of CASES) {
    if (!name.startsWith("eval")) continue;
    await using folder = await temporaryFolder();
    const db = `${folder.path}/a.duckdb`;
    {
      await using store = await openStore(db);
      await store.putProblems(problems);
      const mode = { eval_greedy: "greedy", eval_talk: "sample", eval_beam: "beam" }[name];
      const spec = await stored(version, name);
      const { evalId } = await store.openEvaluation({
        suite: "starter_validation",
        mode: mode ?? "mcts",
        runNo: null,
        roundNo: null,
        policy: null,
        ppm: null,
        provenance: null,
        spec,
        open: "new",
      });
      await store.writeSamples(
        evalId,
        problems.map(({ id }) => testSample(0, { problemId: id })),
        [],
      );
      await store.setEvaluationState(evalId, "complete");
    }
    const model = await readModel(db, "1");
    const config = await likeConfig(EvalConfig.parse({ db, like: "1" }), model);
    const { suites } = await loadSuites(config.suite, {
      selectionOf: (suite) => selectionOf(config, suite),
    });
    assert.deepEqual(
      suites[0]?.problems.map(({ id }) => id).sort(),
      problems.map(({ id }) => id).sort(),
    );
    checkLike(config, suites, model);
  }
});

async function measuredProblems() {
  const { suites: [loaded] } = await loadSuites(["starter_validation"], {
    selectionOf: () => ({ limit: 2 }),
  });
  return loaded?.problems ?? [];
}
