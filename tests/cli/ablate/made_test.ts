import assert from "node:assert/strict";
import { join } from "node:path";
import { findMade, folderOf, keepMade, type Wanted } from "../../../lib/cli/ablate/made.ts";
import { memoryStore } from "../../../lib/store/mod.ts";

const wanted = (key: string, inputs: Wanted["inputs"]): Wanted => ({
  runNo: 1,
  key,
  inputs,
  lastFile: "done",
});

Deno.test("what was made under a key is found by the same inputs while its files are there", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const db = join(folder, "x.duckdb");
    const store = memoryStore();
    const first = wanted("a/sft", { seed: 0, rules: { q: "mixed" } });
    const place = folderOf(first, { db, run: "r" });
    assert.ok(place.startsWith(join(folder, "x.duckdb.files", "r", "a", "sft-")));
    assert.equal(await findMade(store, db, first), null);
    await Deno.mkdir(place, { recursive: true });
    await Deno.writeTextFile(join(place, "done"), "");
    const artifactId = await keepMade(store, first, {
      kind: "sft",
      roundNo: 1,
      role: "policy",
      location: place.slice(folder.length + 1),
      sha256: null,
      rows: 3,
      meta: { counts: 1 },
      parents: [],
    });
    const found = await findMade(store, db, wanted("a/sft", { rules: { q: "mixed" }, seed: 0 }));
    assert.deepEqual([found?.artifactId, found?.rows], [artifactId, 3]);
    assert.equal(await findMade(store, db, wanted("a/sft", { seed: 1 })), null, "other inputs");
    assert.equal(await findMade(store, db, wanted("b/sft", first.inputs)), null, "another key");
    assert.notEqual(folderOf(wanted("a/sft", { seed: 1 }), { db, run: "r" }), place);
    await Deno.remove(join(place, "done"));
    assert.equal(await findMade(store, db, first), null, "its files are gone");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
