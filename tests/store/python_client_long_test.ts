import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { pythonInterpreter } from "../../lib/cli/host.ts";
import { openStore, VIEWS } from "../../lib/store/mod.ts";
import { prepareRun, temporaryFolder } from "./_files.ts";
import { generatedTree } from "./_generated_tree.ts";

Deno.test("the stock Python client opens the file and reads every view", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  const tree = generatedTree("test/1", 0, 1);
  {
    await using store = await openStore(path);
    const runNo = await prepareRun(store, 1);
    await store.writeTree({ runNo, roundNo: 0 }, tree);
  }
  const interpreter = await pythonInterpreter("dev", { onProgress: () => {} });
  const script = fileURLToPath(new URL("python/read_database.py", import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(interpreter, { args: [script, path] })
    .output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  const counts = z.record(z.string(), z.number()).parse(JSON.parse(text.decode(stdout)));
  for (const { name } of VIEWS) assert.ok(name in counts, name);
  assert.equal(counts["node"], tree.nodes.length);
  assert.equal(counts["steps"], tree.nodes.length - 1);
  assert.equal(
    counts["trajectories"],
    tree.nodes.filter(({ kind }) => kind === "answer").length,
  );
});

Deno.test("the file keeps DuckDB's default storage version", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.duckdb`;
  {
    await using _store = await openStore(path);
  }
  await using store = await openStore(path);
  const { batches } = await store.query(
    "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = current_database()",
  );
  assert.deepEqual((await Array.fromAsync(batches)).flat(), [["v1.0.0+"]]);
});
