import assert from "node:assert/strict";
import { describeChange, specChanges } from "../../lib/store/mod.ts";

Deno.test("specChanges() names every path that differs, sorted, and no other", () => {
  assert.deepEqual(
    specChanges({ b: { x: 1, y: [1, 2] }, a: 1, gone: null }, {
      a: 1,
      b: { x: 2, y: [2, 1] },
      new: 0,
    }),
    [
      { path: "b.x", before: 1, after: 2 },
      { path: "b.y", before: [1, 2], after: [2, 1] },
      { path: "gone", before: null, after: undefined },
      { path: "new", before: undefined, after: 0 },
    ],
  );
});

Deno.test("specChanges() finds nothing between equal values in another order", () => {
  assert.deepEqual(specChanges({ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }), []);
});

Deno.test("describeChange() cuts long values", () => {
  assert.equal(
    describeChange({ path: "prompt", before: "x".repeat(100), after: undefined }),
    `prompt: "${"x".repeat(56)}... -> absent`,
  );
});
