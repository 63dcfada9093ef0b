import assert from "node:assert/strict";
import { join } from "node:path";
import { falseStepShare, problemsWithTruth } from "../../lib/cli/false_steps.ts";
import type { Problem } from "../../lib/core/mod.ts";
import { openStubSandbox, type Sandbox } from "../../lib/sandbox/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { testRun, testTree } from "../conformance/store.ts";
import { runProgram } from "../starter/_interpreter.ts";
import { temporaryFolder } from "../store/_files.ts";

const problem = (id: string, truth?: Problem["meta"]["truth"]): Problem => ({
  id,
  source: "s",
  question: "?",
  answer: "9",
  level: 2,
  meta: truth === undefined ? {} : { truth },
});

const PROBLEMS = new Map([
  ["told", problem("told", [["b", 6], ["c", 9]])],
  ["untold", problem("untold")],
]);

const trace = (problem_id: string, lines: string) => ({
  problem_id,
  response: [
    {
      text: `\n<code>\n# Step 1: read\n${lines}\n<end_of_step>\n\nprint(c)\n<end_of_code>`,
      train: true,
    },
    { text: "\n<output>9<end_of_output>\n", train: false },
  ],
});

/** A sandbox that reads the step language; the second step of a path asks for the values of names. */
const openSandbox = () =>
  openStubSandbox(([program = "", question]) => {
    const { names } = runProgram(program);
    if (question === undefined) return {};
    const values = [...question.matchAll(/"(\w)"/g)].map(([, name = ""]) => names.get(name));
    return { value: `[${values.map((value) => value ?? "None").join(", ")}]` };
  });

async function share(
  traces: readonly unknown[],
  sandbox: () => Promise<Sandbox>,
): Promise<number | null> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "traces.jsonl");
    await Deno.writeTextFile(path, traces.map((one) => `${JSON.stringify(one)}\n`).join(""));
    const { signal } = new AbortController();
    return await falseStepShare(path, { problems: PROBLEMS, sandbox, signal });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("falseStepShare() counts traces in which a quantity has another value, or is never named", async () => {
  await using sandbox = openSandbox();
  assert.equal(
    await share([
      trace("told", "a = 4\nb = a + 2\nc = b + 3"),
      trace("told", "a = 4\nb = a + 1\nc = a + 5"),
      trace("told", "a = 4\nc = a + 5"),
      trace("told", "a = 4\nb = a + 2\nc = b + 3"),
      trace("untold", "a = 4\nc = a + 5"),
    ], () => Promise.resolve(sandbox)),
    0.5,
  );
});

Deno.test("falseStepShare() says nothing of problems that say nothing, and starts nothing for them", async () => {
  const refuse = () => Promise.reject(new Error("nothing is to be run"));
  assert.equal(await share([trace("untold", "c = 9")], refuse), null);
});

Deno.test("problemsWithTruth() finds problems of all rounds of a run that say what their steps come to", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(`${folder.path}/a.duckdb`);
  const { runNo } = await store.openRun(testRun());
  const truth: Problem["meta"]["truth"] = [["b", 6]];
  await store.putProblems([
    problem("told", truth),
    problem("untold"),
    problem("later", truth),
    problem("elsewhere", truth),
  ]);
  for (const [problemId, roundNo] of [["told", 1], ["untold", 1], ["later", 2]] as const) {
    await store.writeTree({ runNo, roundNo }, { ...testTree("test/1", 0), problemId });
  }
  const found = await problemsWithTruth(store, runNo);
  assert.deepEqual([...found.keys()], ["told", "later"]);
  assert.deepEqual(found.get("told"), problem("told", truth));
});
