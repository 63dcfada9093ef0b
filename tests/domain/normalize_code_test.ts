import assert from "node:assert/strict";
import fc from "fast-check";
import { normalizeCode } from "../../lib/domain/mod.ts";

const EQUAL: readonly (readonly [string, string])[] = [
  ["x = 1", "x=1  # one"],
  ["x = 1\ny = 2", "# first\nx = 1\n\n\n  # second\ny = 2\n"],
  ["f(a, b)", "f(a,\n   b)  # call"],
  ["a = [\n  1,\n\n  2,\n]", "a=[1,2,]"],
  ["if x:\n  y = 1\nelse:\n  y = 2", "if x:\n    y = 1\nelse:\n        y = 2"],
  ["x = 1 + \\\n 2", "x = 1+2"],
  ["x = 1\r\ny = 2", "x = 1\ny = 2"],
];

const DIFFERENT: readonly (readonly [string, string])[] = [
  ["x = 1", "x = 2"],
  ["ab = 1", "a b = 1"],
  ["x = '#a'", "x = '#b'"],
  ["x = 'a  b'", "x = 'a b'"],
  ['s = """a\n# b\n"""', 's = """a\n"""'],
  ["x = y - -1", "x = y - 1"],
  ["if x:\n    a()\n    b()", "if x:\n    a()\nb()"],
  ["x = f'{a}'", "x = f'{b}'"],
  // Quotes within an f-string (Python 3.12): not understood, so nothing in it counts as a comment.
  ['x = f"{d["#a"]}"', 'x = f"{d["#b"]}"'],
  ["x = 'open # a", "x = 'open # b"],
  ["x = $1 # a", "x = $1 # b"],
  ["if x:\n    y\n  z", "if x:\n    y\n z"],
  // Python ends a line there too, refuses the byte, or counts the second line's indentation.
  ["x = 1 # a\rx = 2", "x = 1 # a"],
  ["x = 1 # a\0", "x = 1 # a"],
  ["\\\n    x = 1", "x = 1"],
];

Deno.test.each(EQUAL)("normalizeCode() makes equal: %j and %j", (a, b) => {
  assert.equal(normalizeCode(a), normalizeCode(b));
});

Deno.test.each(DIFFERENT)("normalizeCode() keeps apart: %j and %j", (a, b) => {
  assert.notEqual(normalizeCode(a), normalizeCode(b));
});

Deno.test("normalizeCode() is the same for every layout of the same tokens", () => {
  const token = fc.constantFrom(
    "x",
    "if",
    "1e5",
    "'# a'",
    "(",
    "==",
    "f(1)",
    "not",
    '"""b\n#"""',
    "é",
  );
  const space = fc.constantFrom(" ", "  ", "\t", " \\\n ");
  const ending = fc.constantFrom("", " # note", "  ", "\n", "\n   # note\n");
  const line = fc.array(fc.tuple(token, space, space), { minLength: 1, maxLength: 6 });
  const program = fc.array(fc.tuple(line, ending, ending), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(program, (lines) => {
      const closed = lines.filter(([tokens]) => tokens.every(([text]) => text !== "("));
      const layout = (way: 1 | 2) =>
        closed.map(([tokens, ...endings]) =>
          tokens.map((t) => t[0] + t[way]).join("").trimEnd().replace(/\\$/, "") + endings[way - 1]
        ).join("\n");
      assert.equal(normalizeCode(layout(1)), normalizeCode(layout(2)));
    }),
    { seed: 1, numRuns: 1000 },
  );
});

Deno.test("normalizeCode() ends on any text", () => {
  const piece = fc.constantFrom(
    "x",
    " ",
    "\n",
    "'",
    '"',
    "#",
    "(",
    ")",
    "\\",
    "f'",
    '"""',
    "{",
    "}",
    "$",
    "\t",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      assert.equal(typeof normalizeCode(pieces.join("")), "string");
    }),
    { seed: 1, numRuns: 2000 },
  );
});

Deno.test("normalizeCode() takes time in proportion to the length of the text", () => {
  const started = performance.now();
  normalizeCode("x = (1 + 2)  # note\n".repeat(20_000));
  normalizeCode("(".repeat(200_000));
  normalizeCode("'".repeat(200_001));
  assert.ok(performance.now() - started < 4000);
});
