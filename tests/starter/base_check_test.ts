import assert from "node:assert/strict";
import type { Problem } from "../../lib/core/mod.ts";
import type { Policy, SampleRequest } from "../../lib/endpoint/policy.ts";
import { openStubSandbox } from "../../lib/sandbox/mod.ts";
import { checkBase } from "../../lib/starter/base_check.ts";
import { runProgram } from "./_interpreter.ts";

/** A policy that answers requests from a list of texts, repeated as often as asked. */
function policyOf(texts: (request: SampleRequest) => readonly string[]): Policy {
  return {
    description: {},
    sample(request) {
      const drawn = texts(request);
      const completions = Array.from({ length: request.n }, (_, index) => {
        const text = drawn[index % drawn.length] ?? "";
        const stopString = request.stop.find((stop) => text.endsWith(stop)) ?? null;
        const finishReason = stopString === null ? "length" as const : "stop_string" as const;
        return { text, stopString, finishReason, tokens: 1 };
      });
      const usage = { promptTokens: 1, generatedTokens: 1, seconds: 0, price: null };
      return Promise.resolve({ completions, ...usage });
    },
  };
}

function asksForAnswer(prompt: SampleRequest["prompt"]): boolean {
  return typeof prompt === "string" && prompt.endsWith("<end_of_output>\n");
}

/** A sandbox that reads the step language; the second step of a path asks for the values of names. */
function openStepSandbox() {
  return openStubSandbox(([program = "", question]) => {
    const { names, printed } = runProgram(program);
    if (question === undefined) return { stdout: `${printed}\n` };
    const values = [...question.matchAll(/"(\w)"/g)].map(([, name = ""]) => names.get(name));
    return { value: `[${values.join(", ")}]` };
  });
}

function response(lines: string): string {
  return `\n<code>\n# Step 1: read\n${lines}\n<end_of_step>\n\nprint(c)\n<end_of_code>`;
}

const PROBLEM: Problem = {
  id: "starter_validation/000001",
  source: "starter_validation",
  question: "How many?",
  answer: "9",
  level: 2,
  meta: { truth: [["b", 6], ["c", 9]], misconceptions: [] },
};

const RIGHT = response("a = 4\nb = a + 2\nc = b + 3");
const LUCKY = response("a = 4\nb = a + 1\nc = a + 5");
const WRONG = response("a = 4\nb = a + 1\nc = b + 3");
const TRUNCATED = "\n<code>\n# Step 1";

Deno.test("checkBase() counts right samples and, among them, those with a false step", async () => {
  const policy = policyOf(({ temperature, prompt }) => {
    if (temperature > 0) return [RIGHT, LUCKY, WRONG, TRUNCATED];
    return asksForAnswer(prompt) ? ["<answer>The answer is \\boxed{9}.\n<end_of_answer>"] : [RIGHT];
  });
  await using sandbox = openStepSandbox();
  const figures = await checkBase({ policy, sandbox }, { problems: [PROBLEM], samples: 4 });
  assert.deepEqual(figures, {
    samples: 4,
    greedy: 1,
    levels: [{
      level: 2,
      problems: 1,
      greedy: 1,
      sampled: 0.5,
      solved: 1,
      rightTraces: 2,
      falseStepShare: 0.5,
    }],
  });
});

Deno.test("checkBase() takes a wrong box for a wrong answer, even after a right program", async () => {
  const policy = policyOf(({ prompt }) =>
    asksForAnswer(prompt) ? ["<answer>The answer is \\boxed{8}.\n<end_of_answer>"] : [RIGHT]
  );
  await using sandbox = openStepSandbox();
  const figures = await checkBase({ policy, sandbox }, { problems: [PROBLEM], samples: 1 });
  assert.equal(figures.greedy, 0);
  assert.equal(figures.levels[0]?.solved, 1);
});

Deno.test("checkBase() has no share of false steps when nothing is right", async () => {
  await using sandbox = openStepSandbox();
  const figures = await checkBase({ policy: policyOf(() => [WRONG]), sandbox }, {
    problems: [PROBLEM],
    samples: 2,
  });
  assert.equal(figures.levels[0]?.falseStepShare, null);
});
