import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type AttackRecord, runAttacks } from "../../lib/sandbox/mod.ts";
import { BWRAP, INTERPRETER, testReal, TIERS } from "../real_sandbox.ts";

const CORPORA = ["attacks_shared.jsonl", "attacks_own.jsonl"].map((name) =>
  fileURLToPath(new URL(`../../fixtures/sandbox/${name}`, import.meta.url))
);

for (const tier of BWRAP === null ? TIERS : ([...TIERS, "C"] as const)) {
  testReal(`tier ${tier} holds every attack of the corpora`, async () => {
    const failed: AttackRecord[] = [];
    const totals = await runAttacks(CORPORA, {
      interpreter: INTERPRETER,
      bwrap: BWRAP,
      tier,
      onRecord: (record) => {
        if (!record.ok && !record.skipped) failed.push(record);
      },
    });
    assert.deepEqual(failed, []);
    assert.equal(totals.tier, tier);
    assert(totals.run > 140, `only ${totals.run} attacks were run`);
    assert.equal(totals.passed, totals.run);
  });
}
