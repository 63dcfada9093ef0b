import assert from "node:assert/strict";
import { shortBytes } from "../../lib/core/mod.ts";

Deno.test.each<[number, string]>([
  [0, "0 B"],
  [312, "312 B"],
  [4_712_345, "4.71 MB"],
  [78_800_000_000, "78.8 GB"],
  [2_500_000_000_000, "2.50 TB"],
])("shortBytes() shows %d as %s", (bytes, text) => {
  assert.equal(shortBytes(bytes), text);
});
