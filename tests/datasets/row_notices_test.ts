import assert from "node:assert/strict";
import { RowNotices, setNameOf } from "../../lib/datasets/mod.ts";

Deno.test("RowNotices says one sentence of each kind, with the first lines, and nothing of a clean file", () => {
  const rows = new RowNotices();
  assert.deepEqual(rows.lines(), []);
  for (let line = 1; line <= 12; line++) rows.onMissingAnswer(line);
  rows.onMended(3);
  rows.onMended(3);
  assert.deepEqual(rows.lines(), [
    "left out, without a reference answer: 12 rows (lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)",
    "mended, where LaTeX had lost a backslash: 1 rows (lines 3)",
  ]);
});

Deno.test("setNameOf() leaves out folders and all endings", () => {
  assert.equal(setNameOf("data/gsm8k_test.jsonl.gz"), "gsm8k_test");
  assert.equal(setNameOf("math.v2.json"), "math.v2");
  assert.equal(setNameOf("plain"), "plain");
});
