import assert from "node:assert/strict";
import { join } from "node:path";
import { falseStepShare } from "../../../lib/cli/ablate/false_steps.ts";
import type { Problem } from "../../../lib/core/mod.ts";
import { openStubSandbox, type Sandbox } from "../../../lib/sandbox/mod.ts";
import { runProgram } from "../../starter/_interpreter.ts";

const problem = (id: string, truth?: Problem["meta"]["truth"]): Problem => ({
  ...{ id, source: "s", question: "?", answer: "9", level: 2 },
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
