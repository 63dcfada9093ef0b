import assert from "node:assert/strict";
import fc from "fast-check";
import { cutProgram, normalizeCode, withoutBeginning } from "../../lib/domain/mod.ts";

const PROGRAM = `# Step 1: rolls
rolls = 14 * 24

# Step 2: bags
def bags_of(n):
    # a comment within
    return n // 6
bags = bags_of(rolls)

# Show it
print(bags)`;

Deno.test("cutProgram() opens a step at every comment at the margin", () => {
  assert.deepEqual(cutProgram(PROGRAM), [
    "# Step 1: rolls\nrolls = 14 * 24",
    "# Step 2: bags\ndef bags_of(n):\n    # a comment within\n    return n // 6\nbags = bags_of(rolls)",
    "# Show it\nprint(bags)",
  ]);
});

Deno.test.each<[string, string, readonly string[]]>([
  ["blank lines where there are no comments", "x = 1\ny = 2\n\nz = x + y\n\nprint(z)", [
    "x = 1\ny = 2",
    "z = x + y",
    "print(z)",
  ]],
  ["comments above one another", "# a\n# b\nx = 1\n# c\nprint(x)", [
    "# a\n# b\nx = 1",
    "# c\nprint(x)",
  ]],
  [
    "no step within a statement",
    "# a\nif x:\n    y = 1\n# otherwise\nelse:\n    y = 2\n# c\nprint(y)",
    [
      "# a\nif x:\n    y = 1\n# otherwise\nelse:\n    y = 2",
      "# c\nprint(y)",
    ],
  ],
  [
    "imports belong to the first step",
    "import math\nfrom sympy import pi\n# a\nx = 1\n# b\nprint(x)",
    [
      "import math\nfrom sympy import pi\n\n# a\nx = 1",
      "# b\nprint(x)",
    ],
  ],
  [
    "no step within brackets or a string",
    '# a\nx = [\n# one\n1]\n# b\ns = """\n# no\n"""\nprint(x)',
    [
      "# a\nx = [\n# one\n1]",
      '# b\ns = """\n# no\n"""\nprint(x)',
    ],
  ],
  ["what stands behind the output belongs to it", "# a\nx = 1\n# b\nprint(x)\n# c\ny = x", [
    "# a\nx = 1",
    "# b\nprint(x)\n\n# c\ny = x",
  ]],
  ["a call that prints is an output", "# a\ndef f():\n    print(1)\n# b\nf()", [
    "# a\ndef f():\n    print(1)",
    "# b\nf()",
  ]],
  ["marks of the format are no code", "x = 1\n<end_of_step>\n\nprint(x)\n<end_of_code>", [
    "x = 1",
    "print(x)",
  ]],
  ["a comment at the end belongs to the last step", "# a\nprint(1)\n# done", [
    "# a\nprint(1)\n# done",
  ]],
])("cutProgram(): %s", (_, program, steps) => {
  assert.deepEqual(cutProgram(program), steps);
});

Deno.test("cutProgram() loses and changes no statement", () => {
  const line = fc.constantFrom(
    ..."# c|x = 1|y = (|)|if x:|    y = 2|else:|print(x)||    # in|f'{x}'|def f():|'''|@d".split(
      "|",
    ),
  );
  fc.assert(fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
    const program = lines.join("\n");
    const squeezed = (text: string) => text.replaceAll(/\s*\n\s*\n*/g, "\n").trim();
    assert.equal(squeezed(cutProgram(program).join("\n")), squeezed(program));
  }));
});

Deno.test("withoutBeginning() takes off what the program was to begin with", () => {
  const steps = cutProgram(PROGRAM);
  assert.deepEqual(withoutBeginning(steps, ["rolls = 14*24  # other words"]), steps.slice(1));
  assert.deepEqual(withoutBeginning(steps, []), steps);
});

Deno.test("withoutBeginning() takes a reply without the beginning for what follows it", () => {
  assert.deepEqual(withoutBeginning(["print(rolls)"], ["rolls = 336"]), ["print(rolls)"]);
});

Deno.test("withoutBeginning() refuses a program that begins anew, or ends where it began", () => {
  const begun = ["rolls = 14 * 24\ntrays = 14"];
  assert.equal(withoutBeginning(["rolls = 14 * 24", "print(rolls)"], begun), null);
  assert.equal(withoutBeginning(begun, begun), null);
  assert.equal(normalizeCode("x=1"), normalizeCode("x = 1"));
});
