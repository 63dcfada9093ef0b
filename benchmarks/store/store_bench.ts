/**
 * Speed of the store on this machine, as Markdown. Run: `deno run -A benchmarks/store/store_bench.ts`.
 *
 * Rows have the size of real steps: about 300 characters of text and 250 of code.
 */
import {
  type NodeRecord,
  type Problem,
  seededRandom,
  type TreeRecord,
} from "../../lib/core/mod.ts";
import { type DuckdbStore, openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun, testTree } from "../../tests/conformance/store.ts";
import { withDuckDb } from "../../tests/store/_files.ts";

const NODES = 500;
const TREES = 800;
const PROBLEMS = 747_000;

/** Trees that a resumed run finds. */
const STORED = 700_000;
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

/** Finding out what is left of a large set, with nothing stored and with most of it. */
async function measureResume(path: string, print: (line: string) => void): Promise<void> {
  const problems = Array.from({ length: PROBLEMS }, (_, i) => testProblem(i + 1));
  {
    await using store = await openStore(path);
    const seconds = await milliseconds(() => store.putProblems(problems)) / 1_000;
    print(`| store ${PROBLEMS} problems | ${seconds.toFixed(1)} s |`);
    await measurePending(store, { problems, print });
    const { runNo } = await store.openRun(testRun());
    await store.writeTree({ runNo, roundNo: 0 }, testTree("test/1", 0));
  }
  // As many rows as a run of weeks leaves; storing them one by one would take hours.
  await withDuckDb(path, (connection) =>
    connection.run(
      `INSERT INTO tree SELECT t.* REPLACE (t.tree_id + ((p.problem_no - 1)::UBIGINT << 12) AS tree_id, p.problem_no AS problem_no)
       FROM tree t, problem p WHERE p.problem_no BETWEEN 2 AND ${STORED}`,
    ));
  await using store = await openStore(path);
  await measurePending(store, { problems, print });
}

async function measurePending(
  store: DuckdbStore,
  { problems, print }: {
    readonly problems: readonly Problem[];
    readonly print: (line: string) => void;
  },
): Promise<void> {
  let problemNos: readonly number[] = [];
  const again = await milliseconds(async () => {
    problemNos = await store.putProblems(problems);
  });
  print(`| finding ${PROBLEMS} problems again (a resume) | ${(again / 1_000).toFixed(1)} s |`);
  const { runNo } = await store.openRun(testRun());
  const request = { runNo, roundNo: 0, problemNos, seeds: [0], maxFailures: 3 };
  const { count } = await store.pending(request);
  const left = async (last: number) => {
    let seen = 0;
    for (const _ of await store.pending(request)) if (++seen === last) return;
  };
  const first = (await repeated(7, () => left(1_000))).toFixed(0);
  const all = (await repeated(7, () => left(Infinity))).toFixed(0);
  print(
    `| pending(), ${count} of ${PROBLEMS} trees left: the first 1,000 / all | ${first} / ${all} ms |`,
  );
  const antiJoin = await repeated(7, async () => {
    const { batches } = await store.query(
      `SELECT count(*) FROM (SELECT ($1::UBIGINT << 40) | (problem_no::UBIGINT << 12) AS tree_id FROM problem)
       ANTI JOIN tree USING (tree_id)`,
      { parameters: [runNo] },
    );
    for await (const _ of batches);
  });
  print(`| anti-join alone, ${PROBLEMS} keys | ${antiJoin.toFixed(0)} ms |`);
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
    await measureResume(`${folder}/resume.duckdb`, print);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
