import assert from "node:assert/strict";
import {
  commentOf,
  lastLine,
  prior,
  shortNumber,
  shownText,
  wholeNumber,
  words,
} from "../../../lib/viewer/client/texts.ts";

Deno.test("commentOf() is the first comment of a step", () => {
  assert.equal(commentOf({ code: "x = 1\n  ## Step 2: add \ny = 2 # no" }), "Step 2: add");
  assert.equal(commentOf({ code: "x = 1" }), null);
  assert.equal(commentOf({ code: "#\nx = 1" }), null);
  assert.equal(commentOf({ code: null }), null);
});

Deno.test("lastLine() is what a step comes to", () => {
  assert.equal(lastLine({ code: "# a\nx = 1\ny = 2\n# b\n", text: "" }), "y = 2");
  assert.equal(lastLine({ code: "# a", text: "" }), "# a");
  assert.equal(lastLine({ code: null, text: "so \\boxed{3}\n\n" }), "so \\boxed{3}");
  assert.equal(lastLine({ code: null, text: "" }), "");
  assert.equal(lastLine({ code: "x".repeat(1000), text: "" }).length, 120);
});

Deno.test("names and numbers for people", () => {
  assert.equal(words("screened_out"), "screened out");
  assert.equal(shortNumber(0.125), "0.13");
  assert.equal(shortNumber(null), "–");
  assert.deepEqual(
    [0, 999, 1000, 12_345, 1_234_567].map(wholeNumber),
    ["0", "999", "1,000", "12,345", "1,234,567"],
  );
});

Deno.test("prior() is a step's share of the draws, those that failed included", () => {
  const drawn = [5, 2, 1].map((multiplicity) => ({ parent: 3, multiplicity, probability: null }));
  assert.deepEqual(drawn.map((one) => prior(one, drawn)), [0.625, 0.25, 0.125]);
  assert.equal(prior({ parent: null, multiplicity: 1, probability: 1 }, []), null);
  const forked = { parent: 3, multiplicity: 1, probability: 0.9 };
  assert.equal(prior(forked, [forked, ...drawn]), 0.9);
});

Deno.test("shownText() leaves no place empty but the root's", () => {
  assert.equal(shownText({ parent: 0, text: " \n" }), "(an empty text)");
  assert.equal(shownText({ parent: 0, text: "\nwords\n" }), "words");
  assert.equal(shownText({ parent: null, text: "" }), "");
});
