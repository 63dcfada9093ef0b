import assert from "node:assert/strict";
import { isStarterSet, starterSet } from "../../lib/core/mod.ts";

Deno.test("starterSet() reads world and split of a name", () => {
  assert.deepEqual(starterSet("starter"), { world: "starter", split: "train" });
  assert.deepEqual(starterSet("control_test"), { world: "control", split: "test" });
});

Deno.test.each(["starters.jsonl", "control_group.csv", "starter/base", "starter_x", "gsm8k"])(
  "isStarterSet() takes %s for a set of the user's own",
  (name) => assert.equal(isStarterSet(name), false),
);
