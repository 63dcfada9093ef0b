/**
 * Speed of the store on this machine, as Markdown. Run: `deno run -A benchmarks/store/store_bench.ts`.
 *
 * Rows have the size of real steps: about 300 characters of text and 250 of code.
 */
import { type NodeRecord, seededRandom, type TreeRecord } from "../../lib/core/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../../tests/conformance/store.ts";

const NODES = 500;
const TREES = 800;
const PROBLEMS = 747_000;
const WORDS = "the we find that value of equation number total sum product let be then since so"
  .split(" ");

function words(random: () => number, length: number): string {
  let text = "";
  while (text.length < length) {
    text += random() < 0.12
      ? `${Math.floor(random() * 1_000)} `
      : `${WORDS[Math.floor(random() * WORDS.length)]} `;
  }
  return text;
}

function bigTree(seed: number): TreeRecord {
  const random = seededRandom(seed);
  const small = testTree("test/1", 0);
  const [root, step] = small.nodes;
  if (root === undefined || step === undefined) throw new TypeError("The test tree has no steps");
  const nodes: NodeRecord[] = [root];
  for (let nodeId = 1; nodeId < NODES; nodeId++) {
    const parent = nodes[Math.floor(random() ** 1.3 * nodeId)] ?? root;
    const code = `# ${words(random, 300)}\nx = ${nodeId}\n${words(random, 240)}`;
    nodes.push({
      ...step,
      nodeId,
      parentId: parent.nodeId,
      depth: Math.min(parent.depth + 1, 16),
      text: code,
      code,
      visits: Math.floor(random() * 40),
      qValue: random() * 2 - 1,
      pathQ: random() * 2 - 1,
    });
  }
  return { ...small, nodes };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

async function repeated(times: number, work: () => Promise<unknown>): Promise<number> {
  const values: number[] = [];
  for (let i = 0; i < times; i++) values.push(await milliseconds(work));
  return median(values);
}

/** Trees per second with so many writers at a time. */
async function write(path: string, writers: number): Promise<number> {
  await using store = await openStore(path);
  await store.putProblems(Array.from({ length: TREES }, (_, i) => testProblem(i + 1)));
  const { runNo } = await store.openRun(testRun());
  const shapes = Array.from({ length: 16 }, (_, i) => bigTree(i + 1));
  let next = 0;
  const ms = await milliseconds(() =>
    Promise.all(Array.from({ length: writers }, async () => {
      while (next < TREES) {
        const number = ++next;
        const shape = shapes[number % shapes.length];
        if (shape === undefined) return;
        await store.writeTree({ runNo, roundNo: 0 }, { ...shape, problemId: `test/${number}` });
      }
    }))
  );
  return TREES * 1_000 / ms;
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const print = (line: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
  try {
    print("| what | result |\n|---|---|");
    for (const writers of [1, 8, 64]) {
      const path = `${folder}/write_${writers}.duckdb`;
      const rate = await write(path, writers);
      const bytes = (await Deno.stat(path)).size / (TREES * NODES);
      print(
        `| trees of ${NODES} nodes, ${writers} writers | ${rate.toFixed(0)} trees/s, ` +
          `${(rate * NODES / 1_000).toFixed(1)}k node rows/s, ${bytes.toFixed(0)} bytes per node |`,
      );
    }
    await using store = await openStore(`${folder}/resume.duckdb`);
    const problems = Array.from({ length: PROBLEMS }, (_, i) => testProblem(i + 1));
    const problemIds = problems.map((problem) => problem.id);
    print(
      `| store ${PROBLEMS} problems | ${
        ((await milliseconds(() => store.putProblems(problems))) / 1_000).toFixed(1)
      } s |`,
    );
    const again = await milliseconds(() => store.putProblems(problems));
    print(`| the same again (a resume) | ${(again / 1_000).toFixed(1)} s |`);
    const { runNo } = await store.openRun(testRun());
    const request = { runNo, roundNo: 0, problemIds, seeds: [0], maxFailures: 3 };
    print(
      `| pending(), ${PROBLEMS} missing keys returned | ${
        (await repeated(3, () => store.pending(request))).toFixed(0)
      } ms |`,
    );
    await Promise.all(
      problemIds.slice(0, 200).map((id) => store.writeTree({ runNo, roundNo: 0 }, testTree(id, 0))),
    );
    const antiJoin = await repeated(5, async () => {
      const { batches } = await store.query(
        `SELECT count(*) FROM (SELECT ($1::UBIGINT << 40) | (problem_no::UBIGINT << 12) AS tree_id FROM problem)
         ANTI JOIN tree USING (tree_id)`,
        { parameters: [runNo] },
      );
      for await (const _ of batches);
    });
    print(`| anti-join alone, ${PROBLEMS} keys | ${antiJoin.toFixed(0)} ms |`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
