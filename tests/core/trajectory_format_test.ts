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

Deno.test("SPECIAL_TOKENS are the fifteen of the released policy, each once", () => {
  assert.equal(new Set(SPECIAL_TOKENS).size, 15);
});
