import assert from "node:assert/strict";
import fc from "fast-check";
import { pick, randomInteger, seededRandom, shuffled } from "../../lib/core/mod.ts";

Deno.test("seededRandom() repeats its stream for a seed and changes it with the seed", () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  assert.deepEqual(draw(7), draw(7));
  assert.notDeepEqual(draw(7), draw(8));
});

Deno.test("seededRandom() is uniform to 1 % in its mean over 100,000 draws", () => {
  const random = seededRandom(3);
  let sum = 0;
  for (let i = 0; i < 100_000; i++) sum += random();
  assert.ok(Math.abs(sum / 100_000 - 0.5) < 0.005);
});

Deno.test("randomInteger() includes both ends and nothing beyond", () => {
  const random = seededRandom(1);
  const seen = new Set(Array.from({ length: 200 }, () => randomInteger(random, 2, 5)));
  assert.deepEqual([...seen].sort(), [2, 3, 4, 5]);
});

Deno.test("pick() refuses an empty list", () => {
  assert.throws(() => pick(seededRandom(1), []), {
    name: "RangeError",
    message: "Cannot pick from an empty list",
  });
});

Deno.test("shuffled() keeps the elements and leaves its argument alone", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items];
      const result = shuffled(seededRandom(seed), items);
      assert.deepEqual(items, before);
      assert.deepEqual([...result].sort(), [...items].sort());
    }),
    { seed: 1 },
  );
});
