import assert from "node:assert/strict";
import { openStore } from "../../lib/store/mod.ts";
import { testTree } from "../conformance/store.ts";
import { prepareRun, temporaryFolder } from "./_files.ts";

async function command(name: string, args: readonly string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args: [...args], stdout: "null", stderr: "null" })
      .output())
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function canMount(): Promise<boolean> {
  await using folder = await temporaryFolder();
  if (!await command("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder.path])) return false;
  return await command("umount", [folder.path]);
}

Deno.test({
  name: "a full disk is said, and loses nothing (ignored where no tmpfs can be mounted)",
  ignore: !await canMount(),
  fn: async () => {
    await using folder = await temporaryFolder();
    assert.ok(await command("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", folder.path]));
    try {
      const ballast = `${folder.path}/ballast`;
      await Deno.writeFile(ballast, new Uint8Array(4 << 20));
      const stored: string[] = [];
      await using store = await openStore(`${folder.path}/a.duckdb`);
      const runNo = await prepareRun(store, 2_000);
      const key = { runNo, roundNo: 0 };
      const bulky = (id: string) => {
        const tree = testTree(id, 0);
        return { ...tree, nodes: tree.nodes.map((node) => ({ ...node, text: noise(id, 40_000) })) };
      };
      let failure: unknown = null;
      for (let i = 1; i <= 2_000 && failure === null; i++) {
        try {
          await store.writeTree(key, bulky(`test/${i}`));
          stored.push(`test/${i}`);
        } catch (error) {
          failure = error;
        }
      }
      assert.ok(failure instanceof Error);
      assert.equal(failure.name, "StoreError");
      assert.match(failure.message, /the disk is full; free space and run the same command again/);
      assert.ok(stored.length > 0);

      await Deno.remove(ballast);
      const next = `test/${stored.length + 1}`;
      assert.match(await store.writeTree(key, bulky(next)), /^(stored|duplicate)$/);
      for (const id of [...stored, next]) {
        assert.deepEqual(await store.readTree(key, { problemId: id, seed: 0 }), bulky(id));
      }
      assert.equal(await store.tornTrees(), 0);
    } finally {
      assert.ok(await command("umount", [folder.path]));
    }
  },
});

/** Text that does not compress. */
function noise(seed: string, length: number): string {
  let state = [...seed].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0) | 0, 7);
  let text = "";
  while (text.length < length) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    text += (state >>> 0).toString(36);
  }
  return text.slice(0, length);
}
