import assert from "node:assert/strict";
import { type Claim, PRIMARY_CLAIMS, testClaims } from "../../lib/ablation/mod.ts";

const series = (values: readonly number[]) => new Map(values.map((value, i) => [`p${i}`, value]));
const repeat = (value: number, count: number) => Array.from({ length: count }, () => value);

const claim = (name: string, ...parts: readonly (readonly [string, string, number])[]): Claim => ({
  name,
  statement: name,
  parts: parts.map(([more, less, margin]) => ({ more, less, margin })),
});

/** 40 problems: `high` is right on 30 of them, `low` on 10 of those. */
const SEED = new Map([
  ["high", series([...repeat(1, 30), ...repeat(0, 10)])],
  ["low", series([...repeat(1, 10), ...repeat(0, 30)])],
  ["same", series([...repeat(1, 10), ...repeat(0, 30)])],
]);

Deno.test("testClaims() holds a claim when all of its parts do, and takes the largest p of them", () => {
  const [both, one] = testClaims([
    claim("both", ["high", "low", 0], ["same", "low", -0.02]),
    claim("one", ["high", "low", 0], ["same", "low", 0]),
  ], [SEED, SEED, SEED]);
  assert.deepEqual(both?.parts.map(({ holds }) => holds), [true, true]);
  assert.equal(both?.holds, true);
  assert.equal(both?.parts[0]?.difference?.difference, 0.5);
  assert.deepEqual(both?.parts[0]?.difference?.perSeed, [0.5, 0.5, 0.5]);
  assert.deepEqual([one?.holds, one?.p, one?.correctedP], [false, 1, 1]);
});

Deno.test("testClaims() asks for a margin: half a point more than found does not hold", () => {
  const [enough, tooMuch] = testClaims([
    claim("enough", ["high", "low", 0.2]),
    claim("too much", ["high", "low", 0.505]),
  ], [SEED]);
  assert.deepEqual([enough?.holds, tooMuch?.holds], [true, false]);
});

Deno.test("testClaims() corrects over the family", () => {
  const alone = testClaims([claim("a", ["high", "low", 0])], [SEED]);
  const family = testClaims(
    ["a", "b", "c"].map((name) => claim(name, ["high", "low", 0])),
    [SEED],
  );
  assert.ok(Math.abs((family[0]?.correctedP ?? 0) - 3 * (alone[0]?.correctedP ?? 1)) < 1e-12);
});

Deno.test("testClaims() says of what was not measured with every seed that it was not, and never that it holds", () => {
  const [result] = testClaims(
    [claim("a", ["high", "low", 0])],
    [SEED, new Map([["high", series([1])]])],
  );
  assert.deepEqual([result?.holds, result?.p, result?.parts[0]?.difference], [null, 1, null]);
});

Deno.test("testClaims() refuses to compare different problems", () => {
  assert.throws(
    () =>
      testClaims(
        [claim("a", ["x", "y", 0])],
        [new Map([["x", series([1, 0])], ["y", series([1])]])],
      ),
    {
      message: 'Cannot compare "x" with "y": expected scores of the same problems, got 2 and 1',
    },
  );
});

Deno.test("the primary family has at most six claims, with different names", () => {
  assert.ok(PRIMARY_CLAIMS.length <= 6);
  assert.equal(new Set(PRIMARY_CLAIMS.map(({ name }) => name)).size, PRIMARY_CLAIMS.length);
});
