import assert from "node:assert/strict";
import { policyPrompt } from "../../lib/core/mod.ts";
import {
  Decontaminator,
  EXPORT_MANIFEST,
  ExportManifest,
  exportPairs,
  exportSft,
  pairRules,
  sftRules,
} from "../../lib/export/mod.ts";
import { CODE_END, type FilledStore, linesOf, OUTPUT, withStore } from "./_store.ts";

const PROMPT = policyPrompt("What is 1 + 1?");
const RIGHT = `${CODE_END}${OUTPUT}<answer>right`;
const ALL_FORMATS = ["own", "trl", "released"] as const;

/** Options that most tests share. */
function common({ runNo, folder }: FilledStore) {
  return {
    folder: `${folder}/out`,
    source: { runNo, rounds: [1] },
    decontaminator: new Decontaminator(),
  };
}

/** The manifest of an export as it lies there. */
async function manifestIn(folder: string): Promise<ExportManifest> {
  return ExportManifest.parse(JSON.parse(await Deno.readTextFile(`${folder}/${EXPORT_MANIFEST}`)));
}

const treeId = (runNo: number) => String((BigInt(runNo) << 40n) | (1n << 36n) | (1n << 12n));

Deno.test("exportSft() writes traces in every format, the harness's output apart", async () => {
  await withStore(1, async (filled) => {
    const { store, folder, runNo } = filled;
    const rules = sftRules("default");
    const manifest = await exportSft(store, { ...common(filled), rules, formats: ALL_FORMATS });
    assert.deepEqual(manifest, await manifestIn(`${folder}/out`));
    const { files, ...rest } = manifest;
    assert.deepEqual(rest, {
      version: 1,
      kind: "sft",
      rows: 1,
      pairs: 1,
      problems: 1,
      dropped: { near_duplicate: 1 },
      counts: {
        characters_per_trace: RIGHT.length,
        medium_problems: 1,
        steps_per_trace: 2,
        tokens_per_trace: 20,
      },
      rules: { ...rules },
      source: { run: "r", runNo, rounds: [1], trees: 2, nodes: 10, only: null },
    });
    assert.deepEqual(
      files.map(({ name, rows }) => [name, rows]),
      [["traces.jsonl", 1], ["trl_sft.jsonl", 1], ["released_sft.json", 1]],
    );
    assert.deepEqual(await linesOf(`${folder}/out/traces.jsonl`), [{
      problem_id: "test/1",
      round: 1,
      tree_id: treeId(runNo),
      leaf_id: 3,
      prompt: PROMPT,
      response: [
        { text: CODE_END, train: true },
        { text: OUTPUT, train: false },
        { text: "<answer>right", train: true },
      ],
      mean_q: 1,
      min_q: 1,
    }]);
    assert.deepEqual(await linesOf(`${folder}/out/trl_sft.jsonl`), [
      { prompt: PROMPT, completion: RIGHT },
    ]);
    const released = await Deno.readTextFile(`${folder}/out/released_sft.json`);
    assert.deepEqual(JSON.parse(released), [{ query: "What is 1 + 1?", response: RIGHT.trim() }]);
  });
});

Deno.test("exportPairs() writes groups, and single pairs for other trainers", async () => {
  await withStore(1, async (filled) => {
    const { store, folder, runNo } = filled;
    const rules = pairRules("default");
    const manifest = await exportPairs(store, { ...common(filled), rules, formats: ALL_FORMATS });
    assert.deepEqual(manifest.counts, {
      final_groups: 1,
      final_pairs: 1,
      step_groups: 2,
      step_pairs: 2,
    });
    assert.deepEqual([manifest.rows, manifest.pairs, manifest.problems], [3, 3, 1]);
    const wrongStep = "\n<code>\ny = 2\n<end_of_step>";
    const [first, , final] = await linesOf(`${folder}/out/pairs.jsonl`);
    assert.deepEqual(first, {
      problem_id: "test/1",
      round: 1,
      tree_id: treeId(runNo),
      kind: "step",
      prompt: PROMPT,
      positives: [{ text: CODE_END + OUTPUT, q: 1, visits: 2 }],
      negatives: [{ text: wrongStep, q: -1, visits: 2 }],
      weight: 1,
    });
    assert.deepEqual(final, {
      problem_id: "test/1",
      round: 1,
      tree_id: treeId(runNo),
      kind: "final",
      prompt: PROMPT,
      positives: [{ text: RIGHT, q: 1, visits: 1 }],
      negatives: [{ text: `${wrongStep}<answer>wrong`, q: -1, visits: 1 }],
      weight: 1,
    });
    const trl = await linesOf(`${folder}/out/trl_pairs.jsonl`);
    assert.deepEqual(trl[0], { prompt: PROMPT, chosen: CODE_END + OUTPUT, rejected: wrongStep });
    assert.equal(trl.length, 3);
    const released = JSON.parse(await Deno.readTextFile(`${folder}/out/released_pairs.json`));
    assert.deepEqual(released[0], {
      prompt: PROMPT,
      pos: CODE_END + OUTPUT,
      neg: wrongStep,
      pos_count: 1,
      neg_count: 1,
    });
  });
});

Deno.test("exports of the same store are equal byte for byte, and replace one another", async () => {
  await withStore(30, async (filled) => {
    const { store, folder } = filled;
    const options = { ...common(filled), formats: ALL_FORMATS };
    for (
      const write of [
        (to: string) => exportSft(store, { ...options, folder: to, rules: sftRules("default") }),
        (to: string) => exportPairs(store, { ...options, folder: to, rules: pairRules("paper") }),
      ]
    ) {
      const first = await write(`${folder}/a`);
      assert.deepEqual(await write(`${folder}/b`), first);
      assert.deepEqual(await write(`${folder}/a`), first);
      for (const name of ["manifest.json", ...first.files.map((file) => file.name)]) {
        assert.deepEqual(
          await Deno.readFile(`${folder}/a/${name}`),
          await Deno.readFile(`${folder}/b/${name}`),
        );
      }
    }
    assert.deepEqual(await namesIn(folder), ["a", "b"]);
  });
});

/** Lists what an export left in a folder. */
async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.map(({ name }) => name).filter((name) => !name.startsWith("t.duckdb")).sort();
}

Deno.test("an export leaves evaluation problems out and says how many, and where they stand", async () => {
  await withStore(3, async (filled) => {
    const { decontaminator, ...options } = common(filled);
    decontaminator.add("what is 2+1", { suite: "tiny", isExactOnly: false });
    const rules = sftRules("default");
    const { dropped, rows } = await exportSft(filled.store, { ...options, decontaminator, rules });
    assert.equal(rows, 2);
    assert.deepEqual(dropped, { "problem contaminated: exact in tiny": 1, near_duplicate: 2 });
  });
});

Deno.test("an export may be limited to some problems, which its manifest identifies", async () => {
  await withStore(3, async (filled) => {
    const write = (...ids: readonly string[]) =>
      exportSft(filled.store, {
        ...common(filled),
        rules: sftRules("default"),
        only: new Set(ids),
      });
    const { rows, dropped, source } = await write("test/3", "test/1");
    assert.equal(rows, 2);
    assert.deepEqual(dropped, { near_duplicate: 2, "problem not_wanted": 1 });
    assert.deepEqual(source.only, (await write("test/1", "test/3")).source.only);
    assert.notDeepEqual(source.only, (await write("test/1", "test/2")).source.only);
  });
});

Deno.test("an export tells which problems give rows", async () => {
  await withStore(3, async (filled) => {
    const told: [string, number][] = [];
    await exportSft(filled.store, {
      ...common(filled),
      folder: null,
      rules: sftRules("default", { quarantine: ["test/2"] }),
      onProblem: (problemId, rows) => told.push([problemId, rows]),
    });
    assert.deepEqual(told, [["test/1", 1], ["test/3", 1]]);
  });
});

Deno.test("an export without a folder counts and writes nothing", async () => {
  await withStore(2, async (filled) => {
    const options = { ...common(filled), rules: pairRules("default") };
    const { files, ...counted } = await exportPairs(filled.store, { ...options, folder: null });
    const { files: _, ...written } = await exportPairs(filled.store, options);
    assert.deepEqual(counted, written);
    assert.deepEqual(files, []);
    assert.deepEqual(await namesIn(filled.folder), ["out"]);
  });
});

Deno.test("an export with no rows is whole all the same", async () => {
  await withStore(2, async (filled) => {
    const rules = sftRules("default", { difficulties: ["easy"] });
    const options = { ...common(filled), rules, formats: ALL_FORMATS };
    const { rows, dropped } = await exportSft(filled.store, options);
    assert.deepEqual([rows, dropped], [0, { "problem medium": 2 }]);
    assert.equal(await Deno.readTextFile(`${filled.folder}/out/traces.jsonl`), "");
    const released = await Deno.readTextFile(`${filled.folder}/out/released_sft.json`);
    assert.deepEqual(JSON.parse(released), []);
  });
});

Deno.test("an export that is interrupted leaves nothing, and the one before as it was", async () => {
  await withStore(2, async (filled) => {
    const { store, folder } = filled;
    const options = { ...common(filled), rules: sftRules("default") };
    const before = await exportSft(store, options);
    const controller = new AbortController();
    await assert.rejects(
      exportSft(store, {
        ...options,
        onProgress: () => controller.abort(new Error("stop")),
        signal: controller.signal,
      }),
      { message: "stop" },
    );
    assert.deepEqual(await manifestIn(`${folder}/out`), before);
    assert.deepEqual(await namesIn(folder), ["out"]);
  });
});

Deno.test("an export goes on from what a killed one left", async () => {
  await withStore(1, async (filled) => {
    const { store, folder } = filled;
    const options = { ...common(filled), rules: sftRules("default") };
    const before = await exportSft(store, options);
    // Killed while writing, and between the two renames.
    await Deno.mkdir(`${folder}/out.partial`);
    await Deno.writeTextFile(`${folder}/out.partial/traces.jsonl`, "half a li");
    await Deno.rename(`${folder}/out`, `${folder}/out.replaced`);
    await assert.rejects(manifestIn(`${folder}/out`), Deno.errors.NotFound);
    assert.deepEqual(await exportSft(store, options), before);
    assert.deepEqual(await namesIn(folder), ["out"]);
  });
});

Deno.test("an export refuses a folder that holds something else", async () => {
  await withStore(1, async (filled) => {
    const { store, folder } = filled;
    const options = { ...common(filled), folder: `${folder}/mine`, rules: sftRules("default") };
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "years of work");
    await assert.rejects(exportSft(store, options), {
      name: "UsageError",
      message: `Cannot export to "${folder}/mine": expected a new or empty folder or an earlier ` +
        "export, got other files",
    });
    const file = `${folder}/mine/thesis.txt`;
    await assert.rejects(exportSft(store, { ...options, folder: file }), {
      name: "UsageError",
      message: `Cannot export to "${file}": expected a folder, got a file`,
    });
    assert.equal(await Deno.readTextFile(file), "years of work");
  });
});

Deno.test("an export says that there is no such run", async () => {
  await withStore(1, async (filled) => {
    const source = { runNo: 77, rounds: [1] };
    const rules = sftRules("default");
    await assert.rejects(exportSft(filled.store, { ...common(filled), source, rules }), {
      name: "UsageError",
      message: "Cannot export run 77: the database holds no run of this number",
    });
  });
});
