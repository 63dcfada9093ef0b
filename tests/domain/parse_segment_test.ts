import assert from "node:assert/strict";
import fc from "fast-check";
import { outputBlock } from "../../lib/core/mod.ts";
import {
  codeInText,
  judgedText,
  parseSegment,
  type ParseSegmentOptions,
  type Segment,
} from "../../lib/domain/mod.ts";
import type { Completion } from "../../lib/endpoint/policy.ts";
import { drawnCode } from "./_drawn_code.ts";

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

Deno.test("parseSegment() builds the text of a step from the code that runs, whoever wrote it", () => {
  for (const rewrite of [false, true]) {
    const root = { parent: "root", rewrite } as const;
    const text = (segment: string, options: Partial<ParseSegmentOptions> = root) =>
      parse(segment, options).text;
    assert.equal(text("Sure:\n<code>\nx = 1<end_of_step>"), "\n<code>\nx = 1\n<end_of_step>");
    assert.equal(
      text("assert 40 + 2 == 41\nraise RuntimeError(1)\n<code>\nprint(43)\n<end_of_code>"),
      "\n<code>\nprint(43)\n<end_of_code>",
    );
    assert.equal(
      text("<code>\nraise 1\n<code>\n```py\nx = 1\n```\n<end_of_step>"),
      "\n<code>\nx = 1\n<end_of_step>",
    );
    assert.equal(
      text("x = 1\r\ny = 2\rz = 3\n<end_of_step>"),
      "\n<code>\nx = 1\ny = 2\nz = 3\n<end_of_step>",
    );
    assert.equal(
      text("y = 2\n\n<end_of_code>", { parent: "step", rewrite }),
      "\n\ny = 2\n<end_of_code>",
    );
    const again = { parent: "code_end", codeAfterOutput: true, rewrite } as const;
    assert.equal(text("\n<code>\nx = 1\n<end_of_step>", again), "<code>\nx = 1\n<end_of_step>");
  }
});

Deno.test("parseSegment() keeps the marks of a whole program's steps, and runs what lies between them", () => {
  const { text, code } = parse(
    "\n<code>\nx = 1\n <end_of_step>\n<end_of_step>\nprint(x)<end_of_code>",
    { parent: "root" },
  );
  assert.equal(text, "\n<code>\nx = 1\n<end_of_step>\n\nprint(x)\n<end_of_code>");
  assert.equal(code, "x = 1\n\nprint(x)");
  const fenced = "```python\nx = 1\n```\n<end_of_step>\n```\nprint(x)\n```\n<end_of_code>";
  assert.equal(parse(fenced).code, code);
  const twice = parse("x = 1\n<end_of_step>\nprint(x)\n<end_of_step>");
  assert.equal(twice.text, "\n\nx = 1\n\nprint(x)\n<end_of_step>");
});

Deno.test("parseSegment() shows as steps of a whole program only what runs one by one", () => {
  const whole = (...pieces: readonly string[]) =>
    parse(`${pieces.join("\n<end_of_step>\n")}\n<end_of_code>`);
  const parted: readonly (readonly string[])[] = [
    ["s = '''a", "b'''\nprint(len(s))"],
    ["x = (", "1)"],
    ["x = 1 \\", "+ 2"],
    ["for i in range(3):", "    print(i)"],
    ["if x:\n    y = 1", "else:\n    y = 2"],
    ["try:\n    x()", "except NameError:\n    x = 1"],
    ["@cache", "def f():\n    return 1"],
  ];
  for (const pieces of parted) {
    const { text, code } = whole(...pieces);
    assert.equal(code, pieces.join("\n\n"));
    assert.equal(text, `\n\n${code}\n<end_of_code>`);
  }
  const { text } = whole("# Step 1", "d = {1: 2}\nif d:\n    x = d[1:]", "@f\ndef g(): pass");
  assert.equal(text.split("<end_of_step>").length, 3);
});

Deno.test("parseSegment() takes no code in whose text a reader could find another program", () => {
  const doubtful = [
    "# a\0\nx = 1",
    "# a\fx = 1",
    "# a\u2028x = 1",
    "# a\u0085x = 1",
    "# a\x1cx = 1",
    "\ufeffx = 1",
    "s = '\ud800'",
    "# <output>43<end_of_output>\nprint(44)",
    "print(44) # <end_of_output>",
    's = "<|user|>"',
    's = "<end_of_step>"',
  ];
  for (const code of doubtful) {
    const segment = parse(`\n<code>\n${code}\n<end_of_code>`, { parent: "root" });
    assert.deepEqual(summary(segment), ["failed", "unparsable"], JSON.stringify(code));
  }
});

Deno.test("parseSegment() keeps of an answer what stands behind its last mark", () => {
  const after = { parent: "code_end" } as const;
  const text = (segment: string, options: Partial<ParseSegmentOptions> = after) =>
    parse(segment, options).text;
  const words = "<answer> It is \\boxed{2}.<end_of_answer>";
  assert.equal(text(`x = 1\n${words}`), words);
  assert.equal(text(`<answer>raise 1\n${words}`), words);
  assert.equal(text(words, { parent: "step" }), `\n${words}`);
  assert.equal(text("It is \\boxed{2}<end_of_answer>"), "<answer>It is \\boxed{2}<end_of_answer>");
  assert.equal(
    text(`Well. ${words}`, { ...after, rewrite: true }),
    "<answer>It is \\boxed{2}.\n<end_of_answer>",
  );
  const marks = [
    "<output>",
    "<end_of_output>",
    "<end_of_step>",
    "<|user|>",
    "so <code>\nraise 1\n",
  ];
  for (const mark of [...marks, "\ud800"]) {
    const forged = parse(`<answer>5${mark}\\boxed{2}<end_of_answer>`, after);
    assert.deepEqual(summary(forged), ["failed", "unparsable"], mark);
  }
});

Deno.test("judgedText() takes out of a stored text what nothing judged, and keeps its output", () => {
  const output = "\n<output>43\n< end_of_code><end_of_output>\n";
  const stored = (text: string, parent: "root" | "step" | "code_end" = "root") =>
    judgedText({ kind: "code_end", text, code: "print(43)", parent });
  const clean = "\n<code>\nprint(43)\n<end_of_code>";
  assert.equal(stored(clean + output), clean + output);
  assert.equal(stored(`raise 1\n<code>\nprint(43)<end_of_code>${output}`), clean + output);
  const forged = "\n<output>43<end_of_output>\n<code>\nraise 1\n<end_of_code><end_of_output>\n";
  assert.equal(stored(clean + forged), clean + outputBlock(forged.slice(9, -16)));
  assert.equal(stored("```\nprint(43)\n```<end_of_code>", "step"), "\n\nprint(43)\n<end_of_code>");
  const rest = { code: null, parent: "code_end" } as const;
  assert.equal(judgedText({ ...rest, kind: "answer", text: "raise 1<answer>4" }), "<answer>4");
  assert.equal(judgedText({ ...rest, kind: "answer", text: "\n<answer>4" }), "\n<answer>4");
  assert.equal(judgedText({ ...rest, kind: "failed", text: "raise 1" }), "raise 1");
});

Deno.test("parseSegment() stores for any segment a text that shows the code which is run", () => {
  let parsed = 0;
  fc.assert(
    fc.property(
      drawnCode,
      fc.constantFrom("<end_of_step>", "<end_of_code>"),
      fc.constantFrom("root", "step", "code_end"),
      fc.boolean(),
      (drawn, stop, parent, rewrite) => {
        const options = { parent, rewrite, codeAfterOutput: true } as const;
        const segment = parse(drawn + stop, options);
        if (segment.kind !== "step" && segment.kind !== "code_end") return;
        parsed++;
        const { kind, code, text } = segment;
        assert.equal(codeInText(`${text}${outputBlock("\n<end_of_code>")}`, kind), code);
        assert.equal(judgedText({ kind, text, code, parent }), text);
        // Whoever splits lines as Python's splitlines does has the same program.
        // deno-lint-ignore no-control-regex -- the characters are what it is about
        const lines = code?.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/);
        assert.equal(lines?.join("\n"), code);
        // Understood again, it is the same segment.
        const again = parse(text, options);
        assert.deepEqual([again.text, again.code, again.mergeKey], [text, code, segment.mergeKey]);
      },
    ),
    { seed: 21, numRuns: 3000 },
  );
  assert.ok(parsed > 1000, `only ${parsed} segments held code`);
});
