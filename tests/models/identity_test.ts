import assert from "node:assert/strict";
import { join } from "node:path";
import { checkpointIdentity, identityOfSource } from "../../lib/models/identity.ts";
import { hashJson, sha256 } from "../../lib/core/mod.ts";
import { withFolder } from "../with_folder.ts";

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder, name), text);
  }
  return folder;
}

Deno.test("checkpointIdentity() is that of the content: not of the place, nor of other files", () =>
  withFolder(async (root) => {
    const files = { "config.json": "{}", "model.safetensors": "weights", "tokenizer.json": "t" };
    const a = await checkpointIdentity(await write(join(root, "a"), files));
    const b = await checkpointIdentity(await write(join(root, "b"), { ...files, README: "x" }));
    assert.deepEqual(a, b);
    assert.deepEqual(a, {
      checkpoint: hashJson(
        Object.fromEntries(Object.entries(files).map(([name, text]) => [name, sha256(text)])),
      ),
    });
  }));

Deno.test("checkpointIdentity() sees a change in any shard, in the tokenizer and in the configuration", () =>
  withFolder(async (root) => {
    const files = {
      "config.json": "{}",
      "tokenizer.json": "t",
      "model-00001-of-00002.safetensors": "one",
      "model-00002-of-00002.safetensors": "two",
    };
    const seen = new Set([JSON.stringify(await checkpointIdentity(await write(root, files)))]);
    for (const name of Object.keys(files)) {
      await write(root, { ...files, [name]: "changed" });
      seen.add(JSON.stringify(await checkpointIdentity(root)));
    }
    assert.equal(seen.size, 5);
  }));

Deno.test("checkpointIdentity() remembers the hash of a large file until the file changes", () =>
  withFolder(async (root) => {
    const [folder, cache] = [join(root, "model"), join(root, "cache")];
    await write(folder, { "config.json": "{}" });
    const path = join(folder, "model.safetensors");
    const writeWeights = async (byte: number, modified: Date) => {
      await Deno.writeFile(path, new Uint8Array(65 << 20).fill(byte));
      await Deno.utime(path, modified, modified);
    };
    await writeWeights(1, new Date(2020, 1, 1));
    const first = await checkpointIdentity(folder, cache);
    const [note] = await Array.fromAsync(Deno.readDir(cache), ({ name }) => join(cache, name));
    assert.ok(note !== undefined);
    const remembered = JSON.parse(await Deno.readTextFile(note));
    await Deno.writeTextFile(note, JSON.stringify({ ...remembered, sha256: "0".repeat(64) }));
    assert.notDeepEqual(await checkpointIdentity(folder, cache), first, "the note is used");
    await writeWeights(2, new Date(2021, 1, 1));
    const changed = await checkpointIdentity(folder, cache);
    assert.notDeepEqual(changed, first);
    await Deno.remove(cache, { recursive: true });
    assert.deepEqual(await checkpointIdentity(folder, cache), changed);
  }));

Deno.test("checkpointIdentity() refuses a folder that is missing or holds no weights", () =>
  withFolder(async (root) => {
    await assert.rejects(() => checkpointIdentity(join(root, "none")), {
      message: /there is no such folder/,
    });
    await assert.rejects(() => checkpointIdentity(root), { message: /expected weights/ });
  }));

Deno.test("identityOfSource() tells a model that is asked with further fields from the model itself", async () => {
  const source = { kind: "urls", urls: ["http://h/v1"], model: "m", serves: null } as const;
  assert.deepEqual(await identityOfSource(source), { model: "m" });
  assert.deepEqual(await identityOfSource(source, { extraBody: {} }), { model: "m" });
  assert.deepEqual(await identityOfSource(source, { model: "n", extraBody: { top_k: 5 } }), {
    model: "n",
    extraBody: { top_k: 5 },
  });
});
