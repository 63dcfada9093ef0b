import assert from "node:assert/strict";
import { inferredStop } from "../../lib/endpoint/_inferred_stop.ts";
import { readChoice } from "../../lib/endpoint/_completion.ts";

const STOPS = ["<end_of_step>", "<end_of_code>", "<end_of_answer>"];

Deno.test.each<[string, string | null]>([
  ["\n<code>\n# Step 1: Take the root\nx = 3\n", "<end_of_step>"],
  ["\n\n# Step 2: Double\nfor i in range(2):\n    x += 1\n", "<end_of_step>"],
  ["\n\n# Now print the final answer\nprint(x)\n", "<end_of_code>"],
  ["<answer>The answer is \\boxed{3}.\n", "<end_of_answer>"],
  ["The answer is \\boxed{3}.\n", "<end_of_answer>"],
  ["x = '(' + \"[\"\n", "<end_of_step>"],
  ["<answer>The answer is \\boxed{", null],
  ["<code>\nx = (1 +\n", null],
  ["<code>\nx = 1 +\n", null],
  ["<code>\nfor i in x:\n", null],
  ["<code>\nx = 'a\n", null],
  ["<code>\n# only words\n", null],
  ["I think that the root is three.", null],
  ["", null],
])("inferredStop() finds behind %j: %o", (text, stop) => {
  assert.equal(inferredStop(text, STOPS)?.stop ?? null, stop);
});

Deno.test("inferredStop() takes the only stop string of code that there is", () => {
  assert.equal(inferredStop("<code>\nx = 1\n", ["<end_of_code>"])?.stop, "<end_of_code>");
});

Deno.test("readChoice() infers only where a server may have cut: seen to, or without a field that would say so", () => {
  const text = "<code>\nx = 1\n";
  const stopOf = (
    choice: { finish_reason: string; stop_reason?: string | number | null },
    handling?: "kept" | "named" | "cut" | "ignored" | "unknown",
  ) => readChoice({ text, ...choice }, { stop: STOPS }, 5, handling).completion.stopString;
  assert.equal(stopOf({ finish_reason: "stop" }, "cut"), "<end_of_step>");
  assert.equal(stopOf({ finish_reason: "stop" }, "unknown"), "<end_of_step>");
  assert.equal(stopOf({ finish_reason: "stop", stop_reason: null }, "unknown"), null);
  for (const handling of ["kept", "named", "ignored", undefined] as const) {
    assert.equal(stopOf({ finish_reason: "stop" }, handling), null);
  }
  assert.equal(stopOf({ finish_reason: "length" }, "cut"), null);
});

Deno.test("readChoice() completes a piece of a stop string that was left, whatever the server was seen to do", () => {
  const read = (text: string) =>
    readChoice({ text, finish_reason: "stop" }, { stop: STOPS }, 5).completion;
  assert.equal(read("<code>\nx = 1\n<end_of_st").text, "<code>\nx = 1\n<end_of_step>");
  assert.equal(read("<code>\nprint(1)\n<end_of_").text, "<code>\nprint(1)\n<end_of_code>");
  assert.equal(read("words <end_of_").text, "words <end_of_");
});
