import assert from "node:assert/strict";
import fc from "fast-check";
import { packTreeId, unpackTreeId } from "../../lib/store/mod.ts";

const LIMITS = { runNo: 255, roundNo: 15, problemNo: 16_777_215, seed: 4_095 };

Deno.test("packTreeId() fills 48 bits at the limits", () => {
  assert.equal(packTreeId(LIMITS), (1n << 48n) - 1n);
  assert.equal(packTreeId({ runNo: 1, roundNo: 2, problemNo: 3, seed: 4 }), 0x0120_0000_3004n);
});

Deno.test("unpackTreeId() undoes packTreeId()", () => {
  const key = fc.record({
    runNo: fc.integer({ min: 0, max: LIMITS.runNo }),
    roundNo: fc.integer({ min: 0, max: LIMITS.roundNo }),
    problemNo: fc.integer({ min: 0, max: LIMITS.problemNo }),
    seed: fc.integer({ min: 0, max: LIMITS.seed }),
  });
  fc.assert(fc.property(key, (k) => assert.deepEqual(unpackTreeId(packTreeId(k)), { ...k })), {
    seed: 1,
  });
});

for (const [name, limit] of Object.entries(LIMITS)) {
  Deno.test(`packTreeId() refuses a ${name} out of range`, () => {
    for (const value of [limit + 1, -1, 0.5, NaN]) {
      assert.throws(
        () => packTreeId({ runNo: 1, roundNo: 1, problemNo: 1, seed: 1, [name]: value }),
        {
          name: "RangeError",
          message:
            `Cannot pack a tree id: expected ${name} to be an integer from 0 to ${limit}, got ${value}`,
        },
      );
    }
  });
}

Deno.test("unpackTreeId() refuses an id of more than 48 bits", () => {
  assert.throws(() => unpackTreeId(1n << 48n), {
    name: "RangeError",
    message: "Cannot unpack a tree id: expected 48 bits, got 281474976710656",
  });
});
