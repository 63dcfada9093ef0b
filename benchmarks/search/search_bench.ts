/**
 * Search alone: instant scripted policy, a sandbox that runs nothing, one core. Prints candidates per second as Markdown.
 * Run: `deno run -A benchmarks/search/search_bench.ts [trees]`
 */
import { seededRandom } from "../../lib/core/mod.ts";
import { mathDomain } from "../../lib/domain/mod.ts";
import { scriptedPolicy, scriptedPpm } from "../../lib/endpoint/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox } from "../../lib/sandbox/mod.ts";
import { PRESETS, type SearchSpec, searchTree } from "../../lib/search/mod.ts";

const TREES = Number(Deno.args[0] ?? 200);
const PROBLEM = {
  id: "bench/1",
  source: "bench",
  question:
    "A shop sells 14 boxes of 6 pens, then a third of what is left. How many pens are left? "
      .repeat(4),
  answer: "3",
  level: null,
  meta: {},
};

/** Steps of realistic size (about 250 characters), four deep. */
const policy = scriptedPolicy((request) => {
  const random = seededRandom(request.seed);
  const text = String(request.prompt);
  const depth = text.split("<end_of_step>").length;
  const value = () => Math.floor(random() * 1000);
  return Array.from({ length: request.n }, () => {
    if (text.endsWith("<end_of_output>\n")) {
      return `<answer>The answer is \\boxed{${value() % 5}}.\n<end_of_answer>`;
    }
    const body = `# Step ${depth}: ${"reason about the quantities ".repeat(4)}\n` +
      Array.from({ length: 4 }, (_, i) => `quantity_${i} = ${value()} * (${value()} + x)  # a note`)
        .join("\n");
    return depth < 4 ? `\n\n${body}\n<end_of_step>` : `\n\n${body}\nprint(x)\n<end_of_code>`;
  });
});
const domain = mathDomain({
  sandbox: openStubSandbox(() => ({ stdout: "16\n" })),
  grader: exactGrader(),
  prompt: "trained",
  api: "completions",
});

async function measure(spec: SearchSpec): Promise<string> {
  const ppm = spec.guidance === "ppm" ? scriptedPpm((text) => text.length % 7 - 3) : null;
  const run = (seed: number) => searchTree(PROBLEM, { spec, seed, policy, ppm, domain });
  for (let seed = 0; seed < 20; seed++) await run(seed);
  let candidates = 0;
  let nodes = 0;
  const started = performance.now();
  for (let seed = 100; seed < 100 + TREES; seed++) {
    const tree = await run(seed);
    nodes += tree.nodes.length;
    candidates += tree.nodes.reduce((sum, node) => sum + node.multiplicity, -1);
  }
  const seconds = (performance.now() - started) / 1000;
  const rate = (count: number) => Math.round(count / seconds).toLocaleString("en");
  return `${TREES} | ${Math.round(candidates / TREES)} | ${rate(candidates)} | ${rate(nodes)}`;
}

// deno-lint-ignore no-console
const print = console.log;
print("| search | trees | candidates per tree | candidates/s | nodes/s |");
print("|---|---|---|---|---|");
const base = { ...PRESETS.default.spec, earlyStop: false };
print(`| default, no PPM | ${await measure(base)} |`);
print(`| default, PPM | ${await measure({ ...base, guidance: "ppm" })} |`);
print(`| paper/r4 | ${await measure(PRESETS["paper/r4"].spec)} |`);
print(`| released/sft | ${await measure(PRESETS["released/sft"].spec)} |`);
