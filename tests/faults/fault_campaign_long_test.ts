import assert from "node:assert/strict";
import { runCampaign } from "./_campaign.ts";

/** Seed of the campaign in CI; another one is given through the environment. */
const SEED = Number(Deno.env.get("FAULT_SEED") ?? 5);

/** Three minutes. */
const SECONDS = Number(Deno.env.get("FAULT_SECONDS") ?? 180);

Deno.test("synth that is killed and lied to for three minutes, and resumed each time, stores what an undisturbed one stores", async () => {
  const onProgress = (line: string) => console.error(line);
  const result = await runCampaign({ seed: SEED, seconds: SECONDS, onProgress });
  console.error(JSON.stringify(result));
  assert.ok(result.runs > result.laps, "Runs were resumed");
  assert.ok(Object.keys(result.faults).length > 5, "Replies were broken in many ways");
  assert.ok(Object.keys(result.kills).length > 2, "Processes were killed");
});
