import assert from "node:assert/strict";
import { oncePer } from "../../lib/core/mod.ts";

Deno.test("oncePer() works out each value once, equal ones apart", () => {
  let calls = 0;
  const sumOf = oncePer((values: readonly number[]) => {
    calls++;
    return values.reduce((a, b) => a + b, 0);
  });
  const values = [1, 2];
  assert.deepEqual([sumOf(values), sumOf(values), calls], [3, 3, 1]);
  assert.deepEqual([sumOf([1, 2]), calls], [3, 2]);
});
