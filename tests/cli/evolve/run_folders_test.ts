import assert from "node:assert/strict";
import { RunFolders } from "../../../lib/cli/evolve/run_folders.ts";
import { memoryStore } from "../../../lib/store/mod.ts";

Deno.test("RunFolders finds the base where this command has it, and everything else beside the database", async () => {
  const folders = new RunFolders("/moved/x.duckdb", "evolve", "/models/new");
  const store = memoryStore();
  const place = async (roundNo: number, role: string, location: string) => {
    const rest = {
      kind: "checkpoint",
      runNo: null,
      sha256: null,
      rows: null,
      meta: null,
      parents: [],
    };
    const artifactId = await store.addArtifact({
      ...rest,
      kind: "checkpoint",
      roundNo,
      role,
      location,
    });
    const artifact = (await store.artifacts({})).find((one) => one.artifactId === artifactId);
    assert.ok(artifact !== undefined);
    return folders.place(artifact);
  };
  assert.equal(await place(0, "policy", "/models/old"), "/models/new");
  assert.equal(await place(0, "bootstrap", "a-hook's-name"), "a-hook's-name");
  assert.equal(await place(1, "policy", "evolve/round-1/policy"), "/moved/evolve/round-1/policy");
  assert.equal(folders.of(1, "policy"), "/moved/x.duckdb.files/evolve/round-1/policy");
  const beside = new RunFolders("/moved/y.duckdb", "evolve", "/models/new");
  assert.notEqual(beside.of(1, "policy"), folders.of(1, "policy"));
});
