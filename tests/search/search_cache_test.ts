import assert from "node:assert/strict";
import { LruMap } from "../../lib/search/mod.ts";

Deno.test("LruMap forgets what was not used for longest", () => {
  const map = new LruMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assert.equal(map.get("a"), 1);
  map.set("c", 3);
  assert.deepEqual([map.get("a"), map.get("b"), map.get("c"), map.size], [1, undefined, 3, 2]);
  map.set("a", 4);
  map.set("d", 5);
  assert.deepEqual([map.get("a"), map.get("c"), map.get("d")], [4, undefined, 5]);
});

Deno.test("LruMap refuses a capacity under 1", () => {
  assert.throws(() => new LruMap(0), {
    name: "RangeError",
    message: "Cannot use a cache capacity: expected a positive integer, got 0",
  });
});
