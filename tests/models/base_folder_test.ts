import assert from "node:assert/strict";
import { join } from "node:path";
import { baseFolder } from "../../lib/models/base_folder.ts";
import { checkpointIdentity, hashOfWeights } from "../../lib/models/identity.ts";
import { DEFAULT_POLICY } from "../../lib/models/default_policy.ts";

/** A folder with weights of its own, and what a row says of it. */
async function checkpoint(root: string, name: string) {
  const location = join(root, name);
  await Deno.mkdir(location);
  await Deno.writeTextFile(join(location, "model.safetensors"), name);
  return { location, sha256: hashOfWeights(await checkpointIdentity(location)) };
}

async function inFolder(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("baseFolder() finds a base where it was, and the one that ships wherever it was", () =>
  inFolder(async (root) => {
    const mine = await checkpoint(root, "mine");
    assert.equal(await baseFolder(mine, undefined), mine.location);
    const sha256 = hashOfWeights(await checkpointIdentity(DEFAULT_POLICY));
    const moved = { location: "/another/clone/fixtures/starter/base", sha256 };
    assert.equal(await baseFolder(moved, undefined), DEFAULT_POLICY);
  }));

Deno.test("baseFolder() takes a folder that is named if it holds the weights of the base", () =>
  inFolder(async (root) => {
    const mine = await checkpoint(root, "mine");
    const moved = join(root, "moved");
    await Deno.rename(mine.location, moved);
    assert.equal(await baseFolder(mine, moved), moved);
    await assert.rejects(baseFolder(mine, undefined), {
      name: "UsageError",
      message: /^Cannot use the base of the run, ".*mine": it is not there.*--base$/,
    });
    const other = await checkpoint(root, "other");
    await assert.rejects(baseFolder(mine, other.location), {
      name: "UsageError",
      message: /^Cannot use ".*other" as the base: the run began with ".*mine", which is another/,
    });
    await assert.rejects(baseFolder(mine, join(root, "none")), { message: /no such folder/ });
  }));

Deno.test("baseFolder() leaves a name to the hook that serves it", async () => {
  const named = { location: "Qwen/Qwen2.5-Math-7B", sha256: null };
  assert.equal(await baseFolder(named, undefined), named.location);
  assert.equal(await baseFolder(named, named.location), named.location);
  await assert.rejects(baseFolder(named, DEFAULT_POLICY), { message: /which is another model/ });
});
