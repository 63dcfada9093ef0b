import assert from "node:assert/strict";
import { splitLabel } from "../../lib/grading/label.ts";

Deno.test("splitLabel() parts a choice's letter from what stands behind it", () => {
  for (
    const text of [
      "(B) 14",
      "\\text{(B)} 14",
      "\\text{(B) }14",
      "B) 14",
      "\\text{B) }14",
      "B. 14",
      "B: 14",
      "option (B) 14",
      "(B)14",
    ]
  ) {
    assert.deepEqual(splitLabel(text), { letter: "B", rest: "14" }, text);
  }
  assert.deepEqual(splitLabel("\\text{(B) 14}"), { letter: "B", rest: "\\text{14}" });
});

Deno.test("splitLabel() finds no label in products, points, intervals and bare letters", () => {
  for (
    const text of [
      "(A)(B)",
      "(A)x",
      "A(3,4)",
      "(A,B)",
      "B",
      "(B)",
      "(B)+1",
      "(B)^2",
      "(b) 14",
      "14",
    ]
  ) {
    assert.equal(splitLabel(text), null, text);
  }
});
