import assert from "node:assert/strict";
import fc from "fast-check";
import { parseShard, shardDatabase, shardOf } from "../../lib/config/mod.ts";

Deno.test("parts are disjoint, together everything, in order, and differ by one item at most", () =>
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 9 }), (items, count) => {
      const places = items.map((_, i) => i);
      const parts = Array.from({ length: count }, (_, index) => shardOf(places, { index, count }));
      assert.deepEqual(parts.flat().toSorted((a, b) => a - b), places);
      const sizes = parts.map(({ length }) => length);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
      assert.ok(
        parts.every((part) => part.every((place, i) => i === 0 || place > (part[i - 1] ?? 0))),
      );
    }),
    { seed: 1 },
  ));

Deno.test("more items make every part larger: a larger limit goes on with what its parts hold", () => {
  for (const index of [0, 1, 2]) {
    const few = shardOf([1, 2, 3, 4], { index, count: 3 });
    assert.deepEqual(shardOf([1, 2, 3, 4, 5, 6, 7], { index, count: 3 }).slice(0, few.length), few);
  }
  assert.deepEqual(shardOf([1, 2], null), [1, 2]);
});

Deno.test("parseShard() reads numbers from 0, and nothing else", () => {
  assert.deepEqual(parseShard(" 3/64 "), { index: 3, count: 64 });
  for (const text of ["64/64", "3", "3/", "/64", "-1/4", "1.5/4", "0/0", "0/100001", "a/b", ""]) {
    assert.equal(parseShard(text), null, text);
  }
});

Deno.test("shardDatabase() gives names that sort as their numbers", () => {
  const name = (index: number, count: number) =>
    shardDatabase("data/rstar.duckdb", { index, count });
  assert.equal(name(3, 64), "data/rstar-03-of-64.duckdb");
  assert.equal(name(9, 10), "data/rstar-09-of-10.duckdb");
  assert.equal(shardDatabase("x", { index: 0, count: 2 }), "x-0-of-2");
});
