import assert from "node:assert/strict";
import { runCampaign } from "./_campaign.ts";

/** Another seed for every hour; a campaign that failed is repeated with the seed that it printed. */
const SEED = Number(Deno.env.get("FAULT_SEED") ?? Math.floor(Date.now() / 1000));

/** One hour. */
const SECONDS = Number(Deno.env.get("FAULT_SECONDS") ?? 3_600);

Deno.test("synth that is killed and lied to for an hour, and resumed each time, stores what an undisturbed one stores", async () => {
  const onProgress = (line: string) => console.error(line);
  const result = await runCampaign({ seed: SEED, seconds: SECONDS, onProgress });
  console.error(JSON.stringify(result));
  assert.ok(result.runs > result.laps, "Runs were resumed");
  assert.ok(Object.keys(result.faults).length > 11, "Replies were broken in every way");
  assert.ok(Object.keys(result.kills).length > 4, "Processes were killed in every way");
});
