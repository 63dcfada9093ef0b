import assert from "node:assert/strict";
import { configurationDocs } from "../../lib/cli/configuration_docs.ts";

Deno.test("docs/configuration.md is what deno task init --docs prints", async () => {
  assert.equal(
    await Deno.readTextFile(new URL("../../docs/configuration.md", import.meta.url)),
    configurationDocs(),
    "make it anew: deno task init --docs > docs/configuration.md",
  );
});
