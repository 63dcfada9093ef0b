import assert from "node:assert/strict";
import fc from "fast-check";
import { seededRandom } from "../../lib/core/mod.ts";
import { type Family, fillExpression, fillTemplate, type Move } from "../../lib/starter/family.ts";
import { MISCONCEPTION_FAMILIES } from "../../lib/starter/misconception_families.ts";
import { PLAIN_FAMILIES } from "../../lib/starter/plain_families.ts";
import { evaluate } from "./_interpreter.ts";

const FAMILIES = [...PLAIN_FAMILIES, ...MISCONCEPTION_FAMILIES];

/** Runs a property over quantities and the operands that a family draws for them. */
function forAllDraws(family: Family, holds: (x: number, operands: readonly number[]) => void) {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 3000 }), fc.integer(), (x, seed) => {
      const operands = family.drawOperands(seededRandom(seed), x);
      fc.pre(operands !== null);
      holds(x, operands);
    }),
    { seed: 1, numRuns: 100 },
  );
}

for (const family of FAMILIES) {
  const moves: Move[] = [
    family.right,
    ...(family.misconceived === null ? [] : [family.misconceived]),
  ];

  Deno.test(`family ${family.name}: the expression of every move has the move's value`, () => {
    forAllDraws(family, (x, operands) => {
      for (const move of moves) {
        const expression = fillExpression(move, { x: "a", operands });
        assert.equal(evaluate(expression, new Map([["a", x]])), move.value(x, operands));
      }
    });
  });

  Deno.test(`family ${family.name}: every sentence holds every operand and no open placeholder`, () => {
    forAllDraws(family, (_, operands) => {
      for (const sentence of [...family.phrasings, ...family.unseenPhrasings]) {
        const text = fillTemplate(sentence, { name: "Ann", objects: "pens", operands });
        assert.doesNotMatch(text, /[{}]/);
        const numbers: readonly string[] = text.match(/\d+/g) ?? [];
        const isWord = family.name === "part_away";
        assert.deepEqual(
          isWord ? [] : operands.filter((n) => !numbers.includes(String(n))),
          [],
          sentence,
        );
      }
    });
  });

  Deno.test(`family ${family.name} has three phrasings, two unseen ones, none of them shared`, () => {
    assert.equal(family.phrasings.length >= 3, true);
    assert.equal(family.unseenPhrasings.length >= 2, true);
    const all = FAMILIES.flatMap((other) => [...other.phrasings, ...other.unseenPhrasings]);
    assert.equal(new Set(all).size, all.length);
  });
}

Deno.test("families have unique names, and a misconception exactly when they are not plain", () => {
  assert.equal(new Set(FAMILIES.map((family) => family.name)).size, FAMILIES.length);
  for (const family of FAMILIES) {
    assert.equal(family.misconceived !== null, family.tier !== "plain", family.name);
  }
});
