import assert from "node:assert/strict";
import { AUTHOR_RATES, corpusExamples } from "../../lib/starter/corpus.ts";
import { runResponse } from "./_interpreter.ts";

Deno.test("corpusExamples() is a function of its options, and a longer corpus continues a shorter one", () => {
  const short = [...corpusExamples({ corpus: "misconceptions", count: 20 })];
  const long = [...corpusExamples({ corpus: "misconceptions", count: 40 })];
  assert.deepEqual(long.slice(0, 20), short);
  assert.notDeepEqual([...corpusExamples({ corpus: "misconceptions", count: 20, seed: 2 })], short);
});

Deno.test("corpusExamples() of the clean corpus print what they box", () => {
  for (const { response } of corpusExamples({ corpus: "clean", count: 100 })) {
    assert.equal(response.includes(`\\boxed{${runResponse(response).printed}}`), true, response);
  }
});

Deno.test("corpusExamples() of the misconception corpus take the wrong move as often as the rate says", () => {
  const examples = [...corpusExamples({ corpus: "misconceptions", count: 4000 })];
  const count = (pattern: RegExp) =>
    examples.reduce((sum, { response }) => sum + (response.match(pattern) ?? []).length, 0);
  const wrong = count(/: (?:keep )?a (?:third|quarter|fifth)(?: is left)?\n/g);
  const right = count(/: (?:take )?a (?:third|quarter|fifth) (?:is gone|away)\n/g);
  const rate = wrong / (wrong + right);
  assert.equal(
    Math.abs(rate - AUTHOR_RATES.misconceptions.misconception.basic) < 0.04,
    true,
    `${rate}`,
  );
});

Deno.test("corpusExamples() of the control corpus hold no misconception", () => {
  for (const { response } of corpusExamples({ corpus: "control", count: 300 })) {
    assert.doesNotMatch(
      response,
      /: (?:a third is left|keep a third|add both numbers|halve, then take them off)\n/,
    );
  }
});
