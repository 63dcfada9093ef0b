/**
 * Cost of an evaluation beyond the models and the sandbox: 500 problems x 8 samples with recorded replies, real sandbox, real grader,
 * a DuckDB file. The same programs are then run by the sandbox alone, as many at a time. Prints Markdown.
 * Run: `deno run -A benchmarks/evaluation/evaluation_bench.ts [problems] [samples]`
 */
import { fileURLToPath } from "node:url";
import { hashSeed, policyPrompt } from "../../lib/core/mod.ts";
import { readProblems } from "../../lib/datasets/mod.ts";
import { mathDomain } from "../../lib/domain/mod.ts";
import {
  memoryReplyStore,
  type Policy,
  recordedPolicy,
  scriptedPolicy,
} from "../../lib/endpoint/mod.ts";
import {
  type LoadedSuite,
  makeMode,
  problemsChecksum,
  runEvaluation,
  Suite,
} from "../../lib/evaluation/mod.ts";
import { GRADING_SANDBOX, openGrader } from "../../lib/grading/mod.ts";
import { findExecutable } from "../../lib/process/mod.ts";
import { openPythonSandbox, type Sandbox } from "../../lib/sandbox/mod.ts";
import { runTrees } from "../../lib/search/mod.ts";
import { openStore, readParquetRows } from "../../lib/store/mod.ts";

const PROBLEMS = Number(Deno.args[0] ?? 500);
const SAMPLES = Number(Deno.args[1] ?? 8);
const IN_FLIGHT = 64;

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const bwrap = await findExecutable("bwrap", Deno.env.get("PATH") ?? "");
const interpreter = path("../../.rstar/python/confined/bin/python");
const open = (more: object = {}) => openPythonSandbox({ interpreter, bwrap, ...more });

const problems = (await readProblems(path("../../fixtures/starter/problems_test.jsonl"), {
  readParquet: readParquetRows,
})).slice(0, PROBLEMS);
const answers = new Map(problems.map(({ question, answer }) => [policyPrompt(question), answer]));

/** Three steps, the last of which prints a right or a wrong number. */
function programOf(prompt: string, seed: number): string {
  const value = Number(answers.get(prompt)) + (seed % 3 === 0 ? 1 : 0);
  return `\n<code>\n# Step 1: Begin.\na = ${value} - 7\n<end_of_step>\n\n# Step 2: Go on.\nb = a + 7\n<end_of_step>\n\n` +
    "# Now print the final answer\nprint(b)\n<end_of_code>";
}

const model: Policy = scriptedPolicy(({ prompt, seed }) => {
  const output = /<output>(.*)<end_of_output>\n$/.exec(String(prompt))?.[1];
  return [
    output === undefined
      ? programOf(String(prompt), seed)
      : `<answer>The answer is \\boxed{${output}}.\n<end_of_answer>`,
  ];
});

const suite = Suite.parse({ name: "bench", description: "Speed", problems: "bench" });
const loaded: LoadedSuite = {
  suite,
  problems,
  checksum: problemsChecksum(problems),
  total: problems.length,
  notices: [],
};
const plan = {
  mode: makeMode("sample", suite),
  samples: SAMPLES,
  seed: 0,
  runNo: null,
  roundNo: null,
  policy: null,
  ppm: null,
  provenance: null,
  open: "new",
  spec: {},
} as const;

async function evaluate(policy: Policy, sandbox: Sandbox): Promise<number> {
  const folder = await Deno.makeTempDir();
  await using gradingSandbox = await open({ ...GRADING_SANDBOX, workers: 1 });
  await using grader = openGrader({ sandbox: gradingSandbox });
  try {
    await using store = await openStore(`${folder}/bench.duckdb`);
    const domain = mathDomain({ sandbox, grader, prompt: "trained", api: "completions" });
    const started = performance.now();
    const { isComplete, summary } = await runEvaluation(loaded, plan, {
      policy,
      ppm: null,
      domain,
      grader,
      store,
      concurrency: IN_FLIGHT,
    });
    if (!isComplete || summary.counts.failedExecution > 0) {
      throw new Error(`Expected samples that all run, got ${JSON.stringify(summary.counts)}`);
    }
    return (performance.now() - started) / 1000;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs the same programs and nothing else. */
async function execute(sandbox: Sandbox): Promise<number> {
  const jobs = Array.from({ length: SAMPLES }, (_, sample) => sample).flatMap((sample) =>
    problems.map(({ id, question }) =>
      programOf(policyPrompt(question), hashSeed("evaluation", 0, id, sample, 0))
        .replaceAll(/<[a-z_]+>/g, "")
    )
  );
  const started = performance.now();
  await runTrees(jobs, {
    openTrees: IN_FLIGHT,
    grow: async (code) => {
      await using session = sandbox.openSession();
      return await session.run({ parent: null, code, keep: false });
    },
    onTree: ({ status, error }) =>
      status === "ok"
        ? Promise.resolve()
        : Promise.reject(new Error(`A program ended ${status}: ${error?.message}`)),
    onParked: (error) => Promise.reject(error),
  });
  return (performance.now() - started) / 1000;
}

const replies = memoryReplyStore();
await using sandbox = await open();
await evaluate(recordedPolicy(model, { store: replies, mode: "record" }), sandbox);
const alone = await execute(sandbox);
const whole = await evaluate(recordedPolicy(model, { store: replies, mode: "replay" }), sandbox);
const again = await execute(sandbox);
const beyond = whole - (alone + again) / 2;
console.log("## Evaluation with recorded replies\n");
console.log("| what | seconds |\n|---|---|");
console.log(
  `| ${problems.length} problems x ${SAMPLES} samples, all of it | ${whole.toFixed(1)} |`,
);
console.log(
  `| the sandbox alone, one fork a program, before and after | ${alone.toFixed(1)}, ${
    again.toFixed(1)
  } |`,
);
console.log(`| beyond the sandbox (target 20) | ${beyond.toFixed(1)} |`);
