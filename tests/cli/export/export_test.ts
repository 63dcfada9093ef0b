import assert from "node:assert/strict";
import { z } from "zod";
import { findSource } from "../../../lib/cli/export/find_source.ts";
import { registerExport } from "../../../lib/cli/export/register_export.ts";
import { Decontaminator, exportSft, sftRules } from "../../../lib/export/mod.ts";
import { openStore } from "../../../lib/store/mod.ts";
import { testRun, testTree } from "../../conformance/store.ts";
import { type FilledStore, linesOf, withStore } from "../../export/_store.ts";
import { runRstar } from "../_rstar.ts";

Deno.test("findSource() takes the newest run with trees, or the one that is named", async () => {
  await withStore(1, async ({ store, runNo }) => {
    const other = await store.openRun(testRun({ name: "other" }));
    await store.openRun(testRun({ name: "empty" }));
    for (const roundNo of [2, 10]) {
      await store.writeTree({ runNo: other.runNo, roundNo }, testTree("test/1", 0));
    }
    const rounds = [2, 10];
    assert.deepEqual(await findSource(store, { round: "all" }), { runNo: other.runNo, rounds });
    assert.deepEqual(await findSource(store, { round: "10, 2" }), { runNo: other.runNo, rounds });
    assert.deepEqual(await findSource(store, { run: "r", round: "1" }), { runNo, rounds: [1] });
    await assert.rejects(findSource(store, { run: "empty", round: "all" }), {
      name: "UsageError",
      message: 'Cannot export run "empty": runs with trees are: r, other',
    });
    await assert.rejects(findSource(store, { round: "2,3" }), {
      name: "UsageError",
      message: 'Cannot export round 3 of run "other": it has trees of round 2, 10',
    });
    await assert.rejects(findSource(store, { round: "last" }), {
      name: "UsageError",
      message: "Cannot use --round last: expected a number, a list such as 1,2, or all",
    });
  });
});

/** A checkpoint of the run. */
function keepCheckpoint({ store, runNo }: FilledStore, role: string, roundNo: number) {
  return store.addArtifact({
    kind: "checkpoint",
    runNo,
    roundNo,
    role,
    location: role,
    sha256: null,
    rows: null,
    meta: {},
    parents: [],
  });
}

Deno.test("registerExport() keeps an export with the checkpoints that grew its trees", async () => {
  await withStore(2, async (filled) => {
    const { store, runNo, folder } = filled;
    await keepCheckpoint(filled, "policy", 0);
    const newer = await keepCheckpoint(filled, "policy", 0);
    await keepCheckpoint(filled, "policy", 1);
    const ppm = await keepCheckpoint(filled, "ppm", 0);
    const manifest = await exportSft(store, {
      folder: `${folder}/data/sft`,
      source: { runNo, rounds: [1] },
      rules: sftRules("default"),
      decontaminator: new Decontaminator(),
    });
    const artifactId = await registerExport(store, `${folder}/t.duckdb`, {
      folder: `${folder}/data/sft`,
      role: "policy",
      manifest,
    });
    const [artifact] = await store.artifacts({ kind: "sft" });
    assert.ok(artifact !== undefined);
    const { madeAt: _, ...rest } = artifact;
    assert.deepEqual(rest, {
      artifactId,
      kind: "sft",
      runNo,
      roundNo: 1,
      role: "policy",
      location: "data/sft",
      sha256: manifest.files[0]?.sha256,
      rows: 2,
      meta: JSON.parse(JSON.stringify(manifest)),
      // The trees of the store were grown with a PPM.
      parents: [newer, ppm],
    });
  });
});

const Results = z.array(z.object({
  folder: z.string().nullable(),
  artifact: z.number().nullable(),
  manifest: z.object({ kind: z.string(), rows: z.number(), files: z.array(z.unknown()) }),
}));

Deno.test("export writes data and keeps rows of it; a dry run does neither", async () => {
  await withStore(3, async ({ store, folder }) => {
    await store[Symbol.asyncDispose]();
    const db = `${folder}/t.duckdb`;
    const run = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runRstar(["export", "--db", db, "--json", ...args]);
      assert.equal(code, 0, stderr);
      return Results.parse(JSON.parse(stdout));
    };
    const dry = await run("--dry-run");
    assert.deepEqual(
      dry.map(({ folder, artifact, manifest: { kind, rows } }) => [folder, artifact, kind, rows]),
      [[null, null, "sft", 3], [null, null, "pairs", 9]],
    );
    const [written] = await run("--out", `${folder}/data`, "--kind", "pairs", "--quiet");
    assert.deepEqual(
      [written?.folder, written?.artifact, written?.manifest.rows],
      [`${folder}/data/pairs`, 1, 9],
    );
    assert.equal((await linesOf(`${folder}/data/pairs/pairs.jsonl`)).length, 9);
    await using again = await openStore(db);
    assert.deepEqual(
      (await again.artifacts()).map(({ kind, role, location }) => [kind, role, location]),
      [["pairs", "ppm", "data/pairs"]],
    );
  });
});

Deno.test("export says what is wrong with how it was asked", async () => {
  await withStore(1, async ({ store, folder }) => {
    await store[Symbol.asyncDispose]();
    const db = `${folder}/t.duckdb`;
    const complaint = async (...args: readonly string[]) => {
      const { code, stderr } = await runRstar(["export", "--db", db, ...args]);
      assert.equal(code, 2);
      return stderr.trim();
    };
    assert.equal(
      await complaint(),
      "error: Cannot export: expected --out FOLDER, or --dry-run",
    );
    assert.match(
      await complaint("--dry-run", "--pair-rules", '{"margin": 1}'),
      /^error: Cannot use these rules for preference pairs: .*\bmargin$/,
    );
    const ids = `${folder}/ids`;
    await Deno.writeTextFile(ids, "test/1\n");
    assert.equal(
      (await complaint("--dry-run", "--kind", "sft", "--quarantine", ids)).split("\n").at(-1),
      "error: Cannot train on this export: nothing is left (1 problem quarantined); " +
        "search more problems, with more rollouts, or relax the rules",
    );
  });
});
