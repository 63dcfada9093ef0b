import assert from "node:assert/strict";
import { mathSolutions, printedValue, programIn } from "../../lib/domain/mod.ts";
import type { Completion } from "../../lib/endpoint/policy.ts";

const ended = (text: string): Completion => ({
  text,
  finishReason: "end",
  stopString: null,
  tokens: 30,
});

Deno.test.each<[string, string, string | null]>([
  ["a fence", "Sure!\n```python\nx = 1\nprint(x)\n```\nIt prints 1.", "x = 1\nprint(x)"],
  ["the last of several", "```python\nx = 1\n```\nNo:\n```py\nprint(2)\n```\n", "print(2)"],
  ["not the output below it", "```python\nprint(2)\n```\nOutput:\n```\n2\n```", "print(2)"],
  ["a fence without a language", "```\nprint(2)\n```", "print(2)"],
  ["a fence that was not closed", "So:\n```python\nprint(2)", "print(2)"],
  ["tags", "<code>\nprint(2)\n<end_of_code>", "print(2)"],
  ["tags of another kind", "<code>print(2)</code> prints 2", "print(2)"],
  ["bare code", "# Step 1\nx = 1\nprint(x)", "# Step 1\nx = 1\nprint(x)"],
  ["bare code and a closing fence", "x = 1\nprint(x)\n```\nThis prints 1.", "x = 1\nprint(x)"],
  ["Windows line ends", "```python\r\nx = 1\r\nprint(x)\r\n```\r\n", "x = 1\nprint(x)"],
  ["prose alone", "The answer is \\boxed{2}.", null],
  ["nothing but a comment", "```python\n# nothing\n```", null],
  ["nothing", "", null],
])("programIn(): %s", (_, reply, program) => {
  assert.equal(programIn(reply), program);
});

Deno.test.each<[string, string | null]>([
  ["18", "18"],
  ["first\n18.0\n\n", "18.0"],
  ["1,200", "1200"],
  ["$1,200.50", "$1200.50"],
  ["Natalia sold 72 clips.", "72"],
  ["After 5 days she has: 18 eggs", "18"],
  ["x = 3/4", "3/4"],
  ["sqrt(3)/2", "sqrt(3)/2"],
  ["[1, 2]", "[1, 2]"],
  ["3 hours and 20 minutes", null],
  ["It cannot be done", null],
  ["", null],
])("printedValue() of %s is %s", (printed, value) => {
  assert.equal(printedValue(printed), value);
});

Deno.test("a solution is cut into the segments of the format, and its tokens are shared out", () => {
  const reply = ended("```python\n# One\nx = 9\n# Two\nprint(x * 2)\n```\nSo it is \\boxed{18}.");
  const { steps, stated } = mathSolutions("chat").cut(reply, { begun: [], maxSteps: 8 });
  assert.deepEqual(steps.map(({ text, stopString }) => ({ text, stopString })), [
    { text: "# One\nx = 9\n<end_of_step>", stopString: "<end_of_step>" },
    { text: "# Two\nprint(x * 2)\n<end_of_code>", stopString: "<end_of_code>" },
  ]);
  assert.equal(steps.reduce((sum, { tokens }) => sum + tokens, 0), 30);
  assert.equal(stated, "18");
});

Deno.test("a solution of more steps than there is room for ends in a longer one", () => {
  const reply = ended("a = 1\n\nb = 2\n\nc = 3\n\nprint(a + b + c)");
  const { steps } = mathSolutions("chat").cut(reply, { begun: [], maxSteps: 2 });
  assert.deepEqual(steps.map(({ text }) => text), [
    "a = 1\n<end_of_step>",
    "b = 2\n\nc = 3\n\nprint(a + b + c)\n<end_of_code>",
  ]);
});

Deno.test.each<[string, Completion]>([
  ["no program", ended("I cannot help with that.")],
  ["a program that was cut at its length", {
    ...ended("```python\nx = 1"),
    finishReason: "length" as const,
  }],
  ["a filter", {
    ...ended("```python\nprint(1)\n```"),
    finishReason: "aborted" as const,
    serverReason: "content_filter",
  }],
])("a reply with %s is one candidate that fails, with its text", (_, reply) => {
  const { steps } = mathSolutions("chat").cut(reply, { begun: [], maxSteps: 8 });
  assert.deepEqual(steps, [reply]);
});

Deno.test("an answer is what was printed, else what was stated, else none", () => {
  const { answer } = mathSolutions("chat");
  assert.match(answer("18\n", "17").text, /\\boxed\{18\}/);
  assert.match(answer("done\n", "17").text, /\\boxed\{17\}/);
  assert.equal(answer("done\n", null).stopString, null);
});

Deno.test("a completion route is asked to go on within the program, and stops at its fence", () => {
  const { prompt, stopStrings, cut } = mathSolutions("completions");
  assert.ok(String(prompt("2 + 2?", ["x = 2"])).endsWith("Program:\n```python\nx = 2\n"));
  assert.deepEqual(stopStrings, ["\n```"]);
  const reply: Completion = {
    ...ended("print(x + 2)\n```"),
    stopString: "\n```",
    finishReason: "stop_string",
  };
  assert.deepEqual(
    cut(reply, { begun: ["x = 2"], maxSteps: 8 }).steps.map(({ text }) => text),
    ["print(x + 2)\n<end_of_code>"],
  );
});
