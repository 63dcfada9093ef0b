import assert from "node:assert/strict";
import { checkSandbox, probeTiers } from "../../lib/sandbox/mod.ts";
import { openStubSandbox } from "../../lib/sandbox/stub_sandbox.ts";
import { BWRAP, INTERPRETER, openReal, testReal, TIERS } from "../real_sandbox.ts";

for (const tier of BWRAP === null ? TIERS : ([...TIERS, "C"] as const)) {
  testReal(`checkSandbox() finds every promise kept in tier ${tier}`, async () => {
    await using sandbox = await openReal({ tier, limits: { wallMs: 1_000 } });
    const results = await checkSandbox(sandbox);
    assert.deepEqual(results.filter((result) => !result.ok), []);
    assert(results.length >= 20);
  });
}

testReal("probeTiers() tells of every tier", async () => {
  const tiers = await probeTiers({ interpreter: INTERPRETER, bwrap: BWRAP });
  assert.deepEqual(tiers.map(({ tier }) => tier), ["A", "B", "C"]);
  for (const tier of tiers) assert(tier.works || tier.cure !== "");
});

Deno.test("checkSandbox() fails checks of a sandbox that holds nothing", async () => {
  await using sandbox = openStubSandbox(() => ({ stdout: "pwned" }));
  const failed = (await checkSandbox(sandbox)).filter((result) => !result.ok);
  assert(failed.some(({ name }) => name === "reads no file of the system"));
  const check = failed.find(({ name }) => name === "makes no socket");
  assert.equal(check?.detail, 'the step ended "ok", expected "error"; it printed "pwned"');
});
