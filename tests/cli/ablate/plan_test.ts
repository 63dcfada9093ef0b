import assert from "node:assert/strict";
import { SEARCH_ABLATION } from "../../../lib/ablation/mod.ts";
import { ablateSettings } from "../../../lib/cli/ablate/ablate_settings.ts";
import { planAblate } from "../../../lib/cli/ablate/run_ablate.ts";
import { findSourceRound } from "../../../lib/cli/ablate/source_round.ts";
import { AblateConfig } from "../../../lib/config/mod.ts";
import type { Json } from "../../../lib/core/mod.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { keepRun, roundSpec } from "./_source_run.ts";
import { temporaryFolder } from "../../store/_files.ts";

Deno.test("ablate --dry-run says what is done in the control world, and that its run is not there", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  {
    await using store = await openStore(db);
    await keepRun(store, "slips", roundSpec("control"));
    await keepRun(store, "evolve", roundSpec("starter"));
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
  await keepRun(store, "evolve", roundSpec("starter"));
  const { source } = await findSourceRound(store, { db }, null);
  assert.deepEqual(source.traces, {
    artifactId: 2,
    path: `${folder.path}/files/evolve/round-1/sft/traces.jsonl`,
    rows: 7,
  });
});
