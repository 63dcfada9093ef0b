import assert from "node:assert/strict";
import { mostTokens, usualTokens } from "../../lib/core/mod.ts";

Deno.test("the bound of a text's tokens is never below the usual number, and counts every message of a chat", () => {
  for (const text of ["", "x", "12 + 34", "\\frac{1}{2}".repeat(9)]) {
    assert.ok(mostTokens(text) >= usualTokens(text), text);
  }
  assert.equal(usualTokens("123456"), 2);
  assert.equal(mostTokens("12345"), 3);
  assert.equal(mostTokens([{ content: "123" }, { content: "45" }]), mostTokens("12345"));
});
