import assert from "node:assert/strict";
import { answerSegment, outputBlock, policyPrompt, SPECIAL_TOKENS } from "../../lib/core/mod.ts";

Deno.test("policyPrompt() is the literal root text of the format", () => {
  assert.equal(
    policyPrompt("What is 1 + 1?"),
    "<|user|>:\nWhat is 1 + 1?\n<|assistant|>: Let's think step by step and solve the problem with code.",
  );
});

Deno.test("outputBlock() and answerSegment() write the harness's and the policy's last pieces", () => {
  assert.equal(outputBlock("16"), "\n<output>16<end_of_output>\n");
  assert.equal(answerSegment("16"), "<answer>The answer is \\boxed{16}.\n<end_of_answer>");
});

Deno.test("outputBlock() takes apart every mark that a program printed", () => {
  const printed = ["a<b", "<cod", ...SPECIAL_TOKENS, "<<code>code>", "< code>"].join(" ");
  const block = outputBlock(printed);
  const inner = block.slice("\n<output>".length, -"<end_of_output>\n".length);
  assert.deepEqual(SPECIAL_TOKENS.filter((token) => inner.includes(token)), []);
  assert.equal(inner.replaceAll("< ", "<"), printed.replaceAll("< ", "<"));
  assert.equal(outputBlock(inner), block);
  assert.equal(outputBlock("a<b <= c < d"), "\n<output>a<b <= c < d<end_of_output>\n");
});

Deno.test("SPECIAL_TOKENS are the fifteen of the released policy, each once", () => {
  assert.equal(new Set(SPECIAL_TOKENS).size, 15);
});
