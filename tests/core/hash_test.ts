import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, hashJson, hashSeed, sha256 } from "../../lib/core/mod.ts";

Deno.test("canonicalJson() sorts keys at every depth", () => {
  assert.equal(
    canonicalJson({ b: 1, a: { d: [1, null], c: "x" } }),
    '{"a":{"c":"x","d":[1,null]},"b":1}',
  );
});

Deno.test("hashJson() does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (object) => {
      const reversed = Object.fromEntries(Object.entries(object).reverse());
      assert.equal(hashJson(object), hashJson(reversed));
    }),
    { seed: 1 },
  );
});

Deno.test("sha256() gives the published digest of the empty text", () => {
  assert.equal(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
});

Deno.test("hashSeed() tells parts apart, also where their texts run together", () => {
  assert.equal(hashSeed(1, "a", 2), hashSeed(1, "a", 2));
  assert.notEqual(hashSeed("ab", "c"), hashSeed("a", "bc"));
  assert.notEqual(hashSeed(1), hashSeed("1"));
});

Deno.test("hashSeed() stays in [0, 2^31)", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.string())), (parts) => {
      const seed = hashSeed(...parts);
      assert.ok(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31);
    }),
    { seed: 1 },
  );
});
