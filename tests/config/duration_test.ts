import assert from "node:assert/strict";
import { parseDuration } from "../../lib/config/mod.ts";

Deno.test.each<[string, number | null]>([
  ["90", 90],
  ["90s", 90],
  ["10m", 600],
  ["1.5h", 5400],
  ["7d", 604_800],
  ["0s", null],
  ["-1s", null],
  ["ten", null],
  ["1w", null],
  ["", null],
])("parseDuration(%j) is %j seconds", (text, seconds) => {
  assert.equal(parseDuration(text), seconds);
});
