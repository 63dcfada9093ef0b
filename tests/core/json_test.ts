import assert from "node:assert/strict";
import { parseJson } from "../../lib/core/mod.ts";

Deno.test("parseJson() tells a JSON null from text that is no JSON", () => {
  assert.deepEqual(["null", '{"a": 1}', "{a: 1}", ""].map(parseJson), [
    null,
    { a: 1 },
    undefined,
    undefined,
  ]);
});
