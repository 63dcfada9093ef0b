import assert from "node:assert/strict";
import { parseSegment, type ParseSegmentOptions, type Segment } from "../../lib/domain/mod.ts";
import type { Completion } from "../../lib/endpoint/policy.ts";

function parse(text: string, options: Partial<ParseSegmentOptions> = {}): Segment {
  const stops = ["<end_of_step>", "<end_of_code>", "<end_of_answer>", "<end_of_output>"];
  const stopString = stops.find((stop) => text.endsWith(stop)) ?? null;
  const completion: Completion = {
    text,
    stopString,
    finishReason: stopString === null ? "end" : "stop_string",
    tokens: 1,
  };
  return parseSegment(completion, {
    parent: "step",
    codeAfterOutput: false,
    answerKey: (answer) => answer,
    rewrite: false,
    ...options,
  });
}

const summary = (
  segment: Segment,
) => [segment.kind, segment.code ?? segment.answer ?? segment.failure];

Deno.test("parseSegment() takes the type from the stop string, whatever else the text holds", () => {
  assert.deepEqual(summary(parse("\n\n# Step 2\nx = 1\n<end_of_step>")), [
    "step",
    "# Step 2\nx = 1",
  ]);
  assert.deepEqual(summary(parse("\n\nprint(x)\n<end_of_code>")), ["code_end", "print(x)"]);
  assert.deepEqual(summary(parse('s = "<answer>\\boxed{1}"\n<end_of_step>')), [
    "step",
    's = "<answer>\\boxed{1}"',
  ]);
});

Deno.test("parseSegment() takes code from behind the last opening mark and out of fences", () => {
  assert.equal(
    parse("Let us see.\n<code>\nx = 1\n<end_of_step>", { parent: "root" }).code,
    "x = 1",
  );
  assert.equal(parse("<code>\n<code>\nx = 1\n<end_of_step>").code, "x = 1");
  assert.equal(parse("<code># Step 1\nx = 1<end_of_step>").code, "# Step 1\nx = 1");
  assert.equal(parse("```python\nx = 1\n```\n<end_of_step>").code, "x = 1");
  assert.equal(parse('x = "<code>"\n<end_of_step>').code, 'x = "<code>"');
  assert.equal(
    parse("<code>\nx = 1\n<end_of_step>\n\nprint(x)\n<end_of_code>").code,
    "x = 1\n\nprint(x)",
  );
  assert.equal(parse("    y = 2\n<end_of_step>").code, "    y = 2");
});

Deno.test("parseSegment() finds nothing usable where there is none", () => {
  assert.deepEqual(summary(parse("x = 1")), ["failed", "unparsable"]);
  assert.deepEqual(summary(parse("\n<code>\n\n<end_of_step>")), ["failed", "unparsable"]);
  assert.deepEqual(summary(parse("<output>7<end_of_output>")), ["failed", "unparsable"]);
  const cut: Completion = { text: "x = 1", stopString: null, finishReason: "length", tokens: 9 };
  const options = {
    parent: "root",
    codeAfterOutput: false,
    answerKey: String,
    rewrite: false,
  } as const;
  assert.deepEqual(summary(parseSegment(cut, options)), ["failed", "truncated"]);
});

Deno.test("parseSegment() takes the last box of an answer", () => {
  const after = { parent: "code_end" } as const;
  assert.deepEqual(summary(parse("<answer>So \\boxed{16}.\n<end_of_answer>", after)), [
    "answer",
    "16",
  ]);
  assert.equal(
    parse(
      "<answer>First \\boxed{1} was tried, but then it came to \\boxed{\\frac{1}{2}}.<end_of_answer>",
      after,
    )
      .answer,
    "\\frac{1}{2}",
  );
  assert.equal(parse("It is \\boxed{3}<end_of_answer>", after).answer, "3");
  assert.equal(parse("\n<answer>\\boxed{3}<end_of_answer>").answer, "3");
  for (const text of ["<answer>It is 3", "<answer>\\boxed{}", "<answer>\\boxed{3"]) {
    assert.deepEqual(summary(parse(`${text}<end_of_answer>`, after)), ["failed", "unparsable"]);
  }
});

Deno.test("parseSegment() takes no answer that could hide code which nothing has run", () => {
  const unparsable = ["failed", "unparsable"];
  assert.deepEqual(summary(parse("x = 1\n<answer>\\boxed{1}<end_of_answer>")), unparsable);
  assert.deepEqual(summary(parse("x = 1 # \\boxed{1}<end_of_answer>")), unparsable);
  assert.deepEqual(
    summary(parse("<code>\nx = 1\n<answer>\\boxed{1}<end_of_answer>", { parent: "code_end" })),
    unparsable,
  );
});

Deno.test("parseSegment() takes code after the output only when that is allowed", () => {
  const text = "\n<code>\nx = 1\n<end_of_step>";
  assert.deepEqual(summary(parse(text, { parent: "code_end" })), ["failed", "unparsable"]);
  assert.equal(parse(text, { parent: "code_end", codeAfterOutput: true }).kind, "step");
});

Deno.test("parseSegment() gives equal candidates equal keys", () => {
  const key = (text: string) => parse(text, { answerKey: (a) => String(Number(a)) }).mergeKey;
  assert.equal(key("\n\n# a\nx=1\n<end_of_step>"), key("\n\nx = 1  # b\n<end_of_step>"));
  assert.notEqual(key("x = 1\n<end_of_step>"), key("x = 1\n<end_of_code>"));
  assert.equal(
    key("<answer>\\boxed{1.0}<end_of_answer>"),
    key("<answer>So \\boxed{1}<end_of_answer>"),
  );
});

Deno.test("parseSegment() keeps a trained policy's text and lays out a general model's", () => {
  const text = "Sure:\n<code>\nx = 1<end_of_step>";
  assert.equal(parse(text, { parent: "root" }).text, text);
  const rewrite = true;
  assert.equal(parse(text, { parent: "root", rewrite }).text, "\n<code>\nx = 1\n<end_of_step>");
  assert.equal(parse("y = 2\n\n<end_of_code>", { rewrite }).text, "\n\ny = 2\n<end_of_code>");
  assert.equal(
    parse("Well. <answer> It is \\boxed{2}.<end_of_answer>", { parent: "code_end", rewrite }).text,
    "<answer>It is \\boxed{2}.\n<end_of_answer>",
  );
});
