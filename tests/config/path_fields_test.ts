import assert from "node:assert/strict";
import { z } from "zod";
import { CONFIGURABLE } from "../../lib/cli/configuration_docs.ts";
import { pathFields, pathSettingsSource } from "../../lib/config/path_fields.ts";

Deno.test("pathFields() finds what a schema says of its settings, in groups and in settings of another command", () => {
  const other = z.strictObject({ base: z.string().optional().meta({ path: "read" }) });
  const schema = z.strictObject({
    a: z.string().meta({ path: "read" }),
    b: z.string(),
    c: z.string().default("x").describe("C").meta({ path: "write" }),
    group: z.strictObject({ d: z.string().meta({ path: "read" }) }).default({ d: "" }),
    other: z.record(z.string(), z.json()).meta({ settings: other }),
  });
  assert.deepEqual(pathFields(schema), { read: ["a", "group.d", "other.base"], write: ["c"] });
});

Deno.test("the launcher knows the paths that the schemas of the commands name", async () => {
  assert.equal(
    await Deno.readTextFile(new URL("../../lib/config/path_settings.ts", import.meta.url)),
    pathSettingsSource(CONFIGURABLE),
    "make it anew: deno task init --path-settings > lib/config/path_settings.ts",
  );
});
