import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

Deno.test("the README shows the example as it is", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const example = await Deno.readTextFile(new URL("examples/one_problem.ts", root));
  const shown = /```ts\n([^]*?)```/.exec(readme)?.[1];
  assert.equal(
    shown,
    example.replace(/^\/\*\*.*\*\/\n/, "").replaceAll("../mod.ts", "@rstar/rstar"),
  );
});
