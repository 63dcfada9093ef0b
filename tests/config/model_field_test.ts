import assert from "node:assert/strict";
import { areUrls, modelPlaces } from "../../lib/config/_model_field.ts";

Deno.test.each([
  ["http://a:1/v1", ["http://a:1/v1"]],
  ["http://a:1/v1, https://b/v1", ["http://a:1/v1", "https://b/v1"]],
  [["http://a:1/v1", "http://b:1/v1"], ["http://a:1/v1", "http://b:1/v1"]],
  ["data/models/a, b", ["data/models/a, b"]],
  [["/m/policy"], ["/m/policy"]],
  [[], []],
])("modelPlaces reads %j", (written, places) => {
  assert.deepEqual(modelPlaces.parse(written), places);
});

Deno.test.each([[""], ["localhost:8000/v1"], ["ftp://a/v1"], ["http://a/v1,/m/b"], [[
  "/m/a",
  "/m/b",
]]])(
  "modelPlaces refuses %j",
  (written) => {
    assert.match(
      modelPlaces.safeParse(written).error?.message ?? "",
      /expected a checkpoint folder/,
    );
  },
);

Deno.test("areUrls() tells endpoints from a folder and from nothing", () => {
  assert.deepEqual([["http://a"], ["/m"], []].map(areUrls), [true, false, false]);
});
