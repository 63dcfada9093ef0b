import assert from "node:assert/strict";
import { policyPrompt, type TreeRecord } from "../../lib/core/mod.ts";
import {
  Decontaminator,
  exportPairs,
  exportSft,
  pairRules,
  readExportManifest,
  sftRules,
} from "../../lib/export/mod.ts";
import { type DuckdbStore, openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../conformance/store.ts";
import { answer, type BriefNode, tree } from "./_trees.ts";

const CODE_END = "<code>\nprint('\\n<output>9')\n<end_of_code>";
const OUTPUT = "\n<output>\n<output>9<end_of_output>\n";

/** Two first steps; the right one ends the code, and what it prints looks like the format's own tag. */
const NODES: readonly BriefNode[] = [
  {
    parent: 0,
    kind: "code_end",
    text: CODE_END + OUTPUT,
    code: "print('\\n<output>9')",
    kw: [2, 2],
  },
  { parent: 0, text: "<code>\ny = 2\n<end_of_step>", code: "y = 2", kw: [2, -2] },
  answer(1, true, { text: "<answer>right" }),
  answer(2, false, { text: "<answer>wrong" }),
];

/** The tree as a store keeps it. */
function record(problemId: string, seed: number): TreeRecord {
  const example = testTree(problemId, seed);
  const pattern = example.nodes[1];
  assert.ok(pattern !== undefined);
  const nodes = tree(NODES).nodes.map((node) => ({
    ...pattern,
    ...node,
    execution: null,
    pathQ: node.qValue,
    terminal: node.kind === "answer",
    answer: node.kind === "answer" ? "9" : null,
  }));
  return { ...example, nodes };
}

async function withStore(
  count: number,
  work: (store: DuckdbStore, folder: string, runNo: number) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using store = await openStore(`${folder}/t.duckdb`);
    const { runNo } = await store.openRun(testRun());
    const problems = Array.from({ length: count }, (_, i) => testProblem(i + 1));
    await store.putProblems(problems);
    for (const { id } of problems) {
      for (const seed of [0, 1]) {
        await store.writeTree({ runNo, roundNo: 1 }, record(id, seed));
      }
    }
    await work(store, folder, runNo);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const lines = async (path: string): Promise<unknown[]> =>
  (await Deno.readTextFile(path)).trim().split("\n").map((line) => JSON.parse(line));

Deno.test("exportSft() writes traces in every format, the harness's output apart", async () => {
  await withStore(1, async (store, folder, runNo) => {
    const manifest = await exportSft(store, {
      folder: `${folder}/sft`,
      source: { runNo, rounds: [1] },
      rules: sftRules("default"),
      formats: ["own", "trl", "released"],
      decontaminator: new Decontaminator(),
    });
    assert.deepEqual(manifest, await readExportManifest(`${folder}/sft`));
    assert.deepEqual([manifest.rows, manifest.problems, manifest.dropped, manifest.counts], [
      1,
      1,
      { near_duplicate: 1 },
      { medium: 1, steps_per_trace: 2 },
    ]);
    assert.deepEqual(manifest.source, { runNo, rounds: [1], trees: 2, nodes: 10 });
    const prompt = policyPrompt("What is 1 + 1?");
    const [own] = await lines(`${folder}/sft/traces.jsonl`);
    assert.deepEqual(own, {
      problem_id: "test/1",
      round: 1,
      tree_id: String((BigInt(runNo) << 40n) | (1n << 36n) | (1n << 12n)),
      leaf_id: 3,
      prompt,
      response: [
        { text: CODE_END, train: true },
        { text: OUTPUT, train: false },
        { text: "<answer>right", train: true },
      ],
      mean_q: 1,
      min_q: 1,
    });
    const completion = CODE_END + OUTPUT + "<answer>right";
    assert.deepEqual(await lines(`${folder}/sft/trl_sft.jsonl`), [{ prompt, completion }]);
    const released = await Deno.readTextFile(`${folder}/sft/released_sft.json`);
    assert.deepEqual(JSON.parse(released), [{ query: "What is 1 + 1?", response: completion }]);
    assert.deepEqual(manifest.files.map(({ rows }) => rows), [1, 1, 1]);
  });
});

Deno.test("exportPairs() writes groups, and single pairs for TRL", async () => {
  await withStore(1, async (store, folder, runNo) => {
    const manifest = await exportPairs(store, {
      folder: `${folder}/pairs`,
      source: { runNo, rounds: [1] },
      rules: pairRules("default"),
      formats: ["own", "trl", "released"],
      decontaminator: new Decontaminator(),
    });
    assert.deepEqual(manifest.counts, { step: 2, final: 1 });
    const own = await lines(`${folder}/pairs/pairs.jsonl`);
    assert.equal(own.length, 3);
    const trl = await lines(`${folder}/pairs/trl_pairs.jsonl`);
    assert.equal(trl.length, manifest.pairs);
    const prompt = policyPrompt("What is 1 + 1?");
    assert.deepEqual(trl[0], {
      prompt,
      chosen: CODE_END + OUTPUT,
      rejected: "<code>\ny = 2\n<end_of_step>",
    });
    const released = JSON.parse(await Deno.readTextFile(`${folder}/pairs/released_pairs.json`));
    assert.deepEqual([released[0].pos_count, released[0].neg_count], [1, 1]);
  });
});

Deno.test("exportSft() gives the same bytes twice, and replaces an earlier export", async () => {
  await withStore(30, async (store, folder, runNo) => {
    const options = {
      source: { runNo, rounds: [1] },
      rules: sftRules("default"),
      decontaminator: new Decontaminator(),
    };
    const first = await exportSft(store, { ...options, folder: `${folder}/a` });
    const second = await exportSft(store, { ...options, folder: `${folder}/a` });
    assert.deepEqual(first, second);
    assert.equal(first.rows, 30);
  });
});

Deno.test("exportSft() leaves evaluation problems out and says how many", async () => {
  await withStore(3, async (store, folder, runNo) => {
    const decontaminator = new Decontaminator();
    decontaminator.add("what is 2+1", { suite: "tiny", isExactOnly: false });
    const { dropped, rows } = await exportSft(store, {
      folder: `${folder}/a`,
      source: { runNo, rounds: [1] },
      rules: sftRules("default"),
      decontaminator,
    });
    assert.equal(rows, 2);
    assert.deepEqual(dropped, { "contaminated: exact in tiny": 1, near_duplicate: 2 });
  });
});

Deno.test("an export that is interrupted leaves nothing, and the one before as it was", async () => {
  await withStore(2, async (store, folder, runNo) => {
    const options = {
      folder: `${folder}/a`,
      source: { runNo, rounds: [1] },
      rules: sftRules("default"),
      decontaminator: new Decontaminator(),
    };
    const before = await exportSft(store, options);
    await assert.rejects(
      exportSft(store, { ...options, signal: AbortSignal.abort(new Error("stop")) }),
      { message: "stop" },
    );
    assert.deepEqual(await readExportManifest(`${folder}/a`), before);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assert.ok(!left.includes("a.partial"), left.join());
  });
});

Deno.test("exportSft() refuses a folder that holds something else", async () => {
  await withStore(1, async (store, folder, runNo) => {
    await Deno.mkdir(`${folder}/mine`);
    await Deno.writeTextFile(`${folder}/mine/thesis.txt`, "years of work");
    await assert.rejects(
      exportSft(store, {
        folder: `${folder}/mine`,
        source: { runNo, rounds: [1] },
        rules: sftRules("default"),
        decontaminator: new Decontaminator(),
      }),
      { name: "UsageError", message: /expected a new or empty folder or an earlier export/ },
    );
  });
});
