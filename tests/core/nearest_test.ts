import assert from "node:assert/strict";
import { nearest } from "../../lib/core/mod.ts";

Deno.test.each<[string, string | null]>([
  ["rolouts", "rollouts"],
  ["ROLLOUTS", "rollouts"],
  ["lst", "list"],
  ["frobnicate", null],
])("nearest() takes %s for %s", (written, meant) => {
  assert.equal(nearest(written, ["list", "rollouts", "show"]), meant);
});

Deno.test("nearest() knows nothing where nothing is known", () => {
  assert.equal(nearest("list", []), null);
});
