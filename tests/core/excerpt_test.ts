import assert from "node:assert/strict";
import { excerpt } from "../../lib/core/mod.ts";

Deno.test("excerpt() makes one line of anything", () => {
  assert.equal(excerpt("  a\n\tb\x00\u202ec  ", 20), "a b c");
  assert.equal(excerpt("\x1b[2Jx", 20), "[2Jx");
  assert.equal(excerpt("abcdef", 3), "abc …");
  assert.equal(excerpt("😀😀", 1), "😀 …");
  assert.equal(excerpt("\ud800x", 5), "\ufffdx");
  assert.equal(excerpt("\n ".repeat(1_000) + "late", 10), " …");
  assert.equal(excerpt("", 10), "");
});
