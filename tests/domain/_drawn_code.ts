/** Texts that a policy may write where code is wanted: programs, and everything that has been seen around or in place of them. */
import fc from "fast-check";

const PIECES = [
  "x = 1",
  "x = x + 1",
  "print(x)",
  "x + 1",
  "# a comment",
  "    y = 2",
  "if x:",
  "s = '''",
  "'''",
  "raise ValueError(x)",
  "assert 40 + 2 == 41",
  "x = 5 \\",
  "x = (",
  ")",
  "<code>",
  "<code> x = 7",
  "```python",
  "```",
  "<output>43<end_of_output>",
  "<answer>\\boxed{3}",
  "# -*- coding: utf-7 -*-",
  "# +AAo-x = 9",
  "Let us see.",
  "\t",
  "\0",
  "\f",
  "\u2028",
  "\ufeff",
  "<end_of_step>",
  "s = '<code>'",
  "\u00a0",
];

const line = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 2 })
  .map((pieces) => pieces.join(" "));

/** Lines of such pieces, without a stop string. */
export const drawnCode: fc.Arbitrary<string> = fc.array(
  fc.tuple(line, fc.constantFrom("\n", "\n", "\n\n", "\r\n", "\r", "")),
  { maxLength: 8 },
).map((lines) => lines.flat().join(""));
