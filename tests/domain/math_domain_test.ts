import assert from "node:assert/strict";
import { policyPrompt, STOP_STRINGS } from "../../lib/core/mod.ts";
import { BOOTSTRAP_EXAMPLES, exampleSolution, mathDomain } from "../../lib/domain/mod.ts";
import { exactGrader } from "../../lib/grading/mod.ts";
import { openStubSandbox, type StubScript } from "../../lib/sandbox/mod.ts";

function domain(
  script?: StubScript,
  prompt: "trained" | "bootstrap" = "trained",
  api: "completions" | "chat" = "completions",
) {
  return mathDomain({ sandbox: openStubSandbox(script), grader: exactGrader(), prompt, api });
}

async function checkOnce(script: StubScript, code = "x = 1") {
  await using checker = domain(script).openChecker();
  return await checker.check({ parent: null, code, keep: true });
}

Deno.test("mathDomain() prompts a trained policy with the bare format", () => {
  const math = domain();
  assert.equal(math.prompt("Why?", "\n<code>"), `${policyPrompt("Why?")}\n<code>`);
  assert.equal(math.text("Why?", "\n<code>"), math.prompt("Why?", "\n<code>"));
  assert.deepEqual(math.stopStrings("step"), STOP_STRINGS);
  assert.deepEqual(math.stopStrings("code"), ["<end_of_code>", "<end_of_answer>"]);
});

Deno.test("mathDomain() prompts a general model with two worked examples, and scores the bare format", () => {
  const completion = domain(undefined, "bootstrap");
  const prompt = String(completion.prompt("Why?", "\n<code>\n# Step 1"));
  assert.ok(prompt.endsWith(`${policyPrompt("Why?")}\n<code>\n# Step 1`));
  for (const example of BOOTSTRAP_EXAMPLES) assert.ok(prompt.includes(exampleSolution(example)));
  assert.equal(completion.text("Why?", ""), policyPrompt("Why?"));
  assert.equal(completion.stopStrings("step").at(-1), "<end_of_output>");
  const chat = domain(undefined, "bootstrap", "chat");
  const roles = (solution: string) => {
    const messages = chat.prompt("Why?", solution);
    return typeof messages === "string" ? [] : messages.map((message) => message.role);
  };
  const shots = ["system", "user", "assistant", "user", "assistant", "user"];
  assert.deepEqual(roles(""), shots);
  assert.deepEqual(roles("\n<code>\n"), [...shots, "assistant"]);
});

Deno.test("mathDomain() gives worked examples in the format that it reads", () => {
  const math = domain(undefined, "bootstrap");
  for (const example of BOOTSTRAP_EXAMPLES) {
    let parent: "root" | "step" | "code_end" = "root";
    let rebuilt = "";
    for (const text of exampleSolution(example).split(/(?<=<end_of_(?:step|code|answer)>)/)) {
      const segment = math.parse({
        text: text.replace(/^\n<output>.*<end_of_output>\n/, ""),
        stopString: /<end_of_\w+>$/.exec(text)?.[0] ?? null,
        finishReason: "stop_string",
        tokens: 1,
      }, { parent, codeAfterOutput: false });
      assert.notEqual(segment.kind, "failed", text);
      rebuilt += segment.text;
      if (segment.kind === "code_end") rebuilt += `\n<output>${example.answer}<end_of_output>\n`;
      if (segment.kind === "answer") assert.equal(segment.answer, example.answer);
      parent = segment.kind === "code_end" ? "code_end" : "step";
    }
    // As a solution so far it is shown as the example is.
    assert.ok(
      String(math.prompt("Why?", rebuilt)).endsWith(
        `${policyPrompt("Why?")}${exampleSolution(example)}`,
      ),
    );
    assert.equal(rebuilt.replaceAll("\n\n", "\n"), exampleSolution(example));
  }
});

Deno.test("mathDomain() lets a general model go on where the examples' next step begins", () => {
  const step = "\n<code>\nx = 1\n<end_of_step>";
  const shown = [
    ["", "\n"],
    [step, `${step}\n`],
    [`${step}\n\ny = 2\n<end_of_step>`, `${step}\ny = 2\n<end_of_step>\n`],
    [
      `${step}\n\nx\n<end_of_code>\n<output>1<end_of_output>\n`,
      `${step}\nx\n<end_of_code>\n<output>1<end_of_output>\n`,
    ],
  ] as const;
  for (const [solution, text] of shown) {
    const completion = domain(undefined, "bootstrap").prompt("Why?", solution);
    assert.ok(String(completion).endsWith(`${policyPrompt("Why?")}${text}`), text);
    const messages = domain(undefined, "bootstrap", "chat").prompt("Why?", solution);
    const last = typeof messages === "string" ? undefined : messages.at(-1);
    assert.deepEqual(
      last,
      solution === ""
        ? { role: "user", content: "Why?" }
        : { role: "assistant", content: text.trimStart() },
    );
  }
});

Deno.test("mathDomain() refuses a trained policy behind a chat endpoint", () => {
  assert.throws(() => domain(undefined, "trained", "chat"), {
    name: "ConfigError",
    message:
      'Cannot use a fine-tuned policy through a chat endpoint: expected policy API "completions", got "chat"; ' +
      'use "completions", or prompt "bootstrap" for a general model',
  });
});

Deno.test("openChecker() passes what runs and hands on what it printed", async () => {
  const check = await checkOnce(() => ({ stdout: "16\n" }));
  assert.equal(check.result, "pass");
  assert.notEqual(check.state, null);
  assert.equal(check.output, "\n<output>16<end_of_output>\n");
  assert.equal(check.evidence?.stdout, "16\n");
});

Deno.test("openChecker() takes the value of a trailing expression when nothing was printed", async () => {
  assert.equal((await checkOnce(() => ({ value: "16" }))).output, "\n<output>16<end_of_output>\n");
  const both = await checkOnce(() => ({ stdout: "a\n", value: "16" }));
  assert.equal(both.output, "\n<output>a<end_of_output>\n");
});

Deno.test("openChecker() fails what does not run, and knows what ended too early", async () => {
  const error = (type: string, message: string) =>
    checkOnce(() => ({ status: "error", error: { type, message, line: 2 } }));
  const raised = await error("ValueError", "'(' was never closed");
  assert.deepEqual([raised.result, raised.state, raised.isIncomplete], ["fail", null, false]);
  assert.deepEqual([raised.evidence?.errorType, raised.evidence?.errorLine], ["ValueError", 2]);
  assert.equal((await error("SyntaxError", "'(' was never closed")).isIncomplete, true);
  assert.equal(
    (await error("IndentationError", "expected an indented block after 'if' statement on line 1"))
      .isIncomplete,
    true,
  );
  assert.equal((await error("SyntaxError", "invalid syntax")).isIncomplete, false);
  assert.equal((await checkOnce(() => ({ status: "timeout" }))).result, "fail");
});

Deno.test("openChecker() fails code that is too long to be sent", async () => {
  const check = await checkOnce(() => undefined, "x".repeat(10_000_000));
  assert.deepEqual([check.result, check.evidence?.errorType], ["fail", "CodeTooLong"]);
});

Deno.test("judge() compares an answer with the reference", async () => {
  const problem = { id: "p", source: "s", question: "?", answer: "1/2", level: null, meta: {} };
  assert.equal((await domain().judge(problem, "0.5")).correct, true);
  assert.equal((await domain().judge(problem, "0.6")).correct, false);
});
