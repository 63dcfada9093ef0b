/**
 * Makes a database of generated trees: `deno run -A benchmarks/store/generate.ts FILE NODES`.
 *
 * Two rounds of one run, two seeds a problem.
 */
import { openStore } from "../../lib/store/mod.ts";
import { testProblem, testRun } from "../../tests/conformance/store.ts";
import { generatedTree } from "../../tests/store/_generated_tree.ts";

const ROUNDS = [1, 2];
const SEEDS = [0, 1];
const NODES_PER_TREE = 420;
const WRITERS = 16;

/** Fills a new file with about so many nodes; returns how many there are. */
export async function generateStore(path: string, nodes: number): Promise<number> {
  await using store = await openStore(path);
  const count = Math.ceil(nodes / NODES_PER_TREE / ROUNDS.length / SEEDS.length);
  const problems = Array.from({ length: count }, (_, i) => testProblem(i + 1));
  await store.putProblems(problems);
  const { runNo } = await store.openRun(testRun());
  const jobs = ROUNDS.flatMap((roundNo) =>
    SEEDS.flatMap((seed) => problems.map((problem) => ({ roundNo, seed, problemId: problem.id })))
  );
  let next = 0;
  let written = 0;
  await Promise.all(Array.from({ length: WRITERS }, async () => {
    while (next < jobs.length) {
      const number = next++;
      const job = jobs[number];
      if (job === undefined) return;
      const tree = generatedTree(job.problemId, job.seed, number + 1);
      written += tree.nodes.length;
      await store.writeTree({ runNo, roundNo: job.roundNo }, tree);
    }
  }));
  await store.checkpoint();
  return written;
}

if (import.meta.main) {
  const [path, nodes] = Deno.args;
  if (path === undefined || !(Number(nodes) > 0)) {
    console.error("Cannot generate: expected FILE NODES");
    Deno.exit(2);
  }
  console.log(`${await generateStore(path, Number(nodes))} nodes in ${path}`);
}
