import assert from "node:assert/strict";
import { findSourceRound } from "../../../lib/cli/ablate/source_round.ts";
import { pairRules, sftRules } from "../../../lib/export/mod.ts";
import { PRESETS } from "../../../lib/search/mod.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { testRun } from "../../conformance/store.ts";
import { temporaryFolder } from "../../store/_files.ts";

Deno.test("findSourceRound() takes the last round that searched something, and refuses one that did not", async () => {
  await using folder = await temporaryFolder();
  const db = `${folder.path}/a.duckdb`;
  await using store = await openStore(db);
  const exports = { sft: { ...sftRules("starter") }, pairs: { ...pairRules("starter") } };
  const search = { "round 1": [{ spec: { ...PRESETS["starter/r1"].spec, calibration: null } }] };
  const spec = { problems: "starter", search, exports };
  const { runNo } = await store.openRun(testRun({ command: "evolve", spec }));
  const put = (roundNo: number, policy: string | null) =>
    store.putRound({ runNo, roundNo, policy, ppm: null, params: {}, state: "done" });
  await put(0, null);
  await put(1, "hash of the base");
  await put(2, null);
  // Round 1 of such a run cannot be ablated either, and the reason names it.
  await store.addArtifact({
    kind: "checkpoint",
    runNo,
    roundNo: 0,
    role: "bootstrap",
    location: "coder",
    sha256: null,
    rows: null,
    meta: { stage: "bootstrap" },
    parents: [],
  });
  const find = (round: number | undefined) =>
    findSourceRound(store, { db, run: undefined, round, base: undefined }, null);
  await assert.rejects(find(undefined), {
    name: "UsageError",
    message: /^Cannot ablate round 1 of run "r": a bootstrap model searched in it/,
  });
  await assert.rejects(find(2), {
    name: "UsageError",
    message: 'Cannot ablate round 2 of run "r": rounds that are done and grew trees are 1',
  });
});
