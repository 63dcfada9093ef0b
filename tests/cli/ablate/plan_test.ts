import assert from "node:assert/strict";
import { SEARCH_ABLATION } from "../../../lib/ablation/mod.ts";
import { ablateSettings } from "../../../lib/cli/ablate/ablate_settings.ts";
import { planAblate } from "../../../lib/cli/ablate/run_ablate.ts";
import { findSourceRound } from "../../../lib/cli/ablate/source_round.ts";
import { AblateConfig } from "../../../lib/config/mod.ts";
import type { Json } from "../../../lib/core/mod.ts";
import { pairRules, sftRules } from "../../../lib/export/mod.ts";
import { PRESETS } from "../../../lib/search/mod.ts";
import { type DuckdbStore, openStore } from "../../../lib/store/mod.ts";
import { trainSettings } from "../../../lib/training/mod.ts";
import { testProblem, testRun, testTree } from "../../conformance/store.ts";
import { temporaryFolder } from "../../store/_files.ts";

/** A run of evolve as its rows say it: one round over one problem, done. */
async function keepRun(store: DuckdbStore, name: string, problems: string): Promise<number> {
  const json = (value: unknown): Json => JSON.parse(JSON.stringify(value));
  const { runNo } = await store.openRun(testRun({
    name,
    command: "evolve",
    spec: json({
      problems,
      search: { "round 1": [{ spec: PRESETS["starter/r1"].spec }] },
      exports: { sft: sftRules("starter"), pairs: pairRules("starter") },
    }),
  }));
  await store.putProblems([testProblem(1)]);
  await store.writeTree({ runNo, roundNo: 1 }, testTree("test/1", 0));
  const keep = (roundNo: number, kind: "sft" | "checkpoint", stage: string) =>
    store.addArtifact({
      runNo,
      roundNo,
      kind,
      role: stage === "ppm" ? "ppm" : "policy",
      sha256: null,
      location: `files/${name}/round-${roundNo}/${stage}`,
      rows: kind === "sft" ? 7 : null,
      meta: json({ stage, settings: trainSettings(stage === "ppm" ? "ppm" : "sft") }),
      parents: [],
    });
  await keep(0, "checkpoint", "policy");
  await keep(1, "sft", "sft");
  await keep(1, "checkpoint", "policy");
  await keep(1, "checkpoint", "ppm");
  await store.putRound({ runNo, roundNo: 1, policy: "p", ppm: null, params: {}, state: "done" });
  return runNo;
}

Deno.test("ablate --dry-run says what is done in the control world, and that its run is not there", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(db);
    await keepRun(store, "slips", "control");
    await keepRun(store, "evolve", "starter");
  }
  const plan = (more: Readonly<Record<string, Json>>) =>
    planAblate(
      ablateSettings(AblateConfig.parse({ db, evalProblems: 40, ...more })),
      SEARCH_ABLATION,
    );
  assert.deepEqual((await plan({})).slice(-1), ["Measured on 40 problems of starter_validation"]);
  assert.deepEqual((await plan({ control: "slips" })).slice(-2), [
    "Measured on 40 problems of starter_validation",
    'The same in the control world: round 1 of run "slips", on 40 problems of control_validation',
  ]);
  await assert.rejects(plan({ control: "none" }), {
    name: "UsageError",
    message: /^Cannot ablate run "none" of .*: it has the evolve runs "slips", "evolve"/,
  });
});

Deno.test("findSourceRound() finds the traces that the policy of the round was trained on", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await using store = await openStore(db);
  await keepRun(store, "evolve", "starter");
  const { source } = await findSourceRound(store, { db }, null);
  assert.deepEqual(source.traces, {
    artifactId: 2,
    path: `${folder.path}/files/evolve/round-1/sft/traces.jsonl`,
    rows: 7,
  });
});
