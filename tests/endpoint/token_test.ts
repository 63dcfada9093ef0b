import assert from "node:assert/strict";
import { textOfTokens, type Token } from "../../lib/endpoint/mod.ts";

function piece(bytes: readonly number[]): Token {
  return { id: 1, text: "\uFFFD", bytes };
}

Deno.test("textOfTokens() joins the pieces of a character", () => {
  assert.equal(textOfTokens([piece([0xe2, 0x82]), piece([0xac])]), "€");
});

Deno.test("textOfTokens() takes the text of tokens without bytes, in order", () => {
  const plain: Token = { id: null, text: "x = ", bytes: null };
  assert.equal(textOfTokens([plain, piece([0x31]), plain]), "x = 1x = ");
});
