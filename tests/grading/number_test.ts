import assert from "node:assert/strict";
import fc from "fast-check";
import {
  numberNormalForm,
  numbersAgree,
  parseNumber,
  type PlainNumber,
} from "../../lib/grading/number.ts";

function read(text: string): PlainNumber {
  const value = parseNumber(text);
  assert.ok(value !== null, `"${text}" should be a number`);
  return value;
}

Deno.test("parseNumber() reads every way of writing one value as the same value", () => {
  for (const text of ["7/2", "3.5", "3\\frac{1}{2}", "3 1/2", "\\frac{7}{2}", "350\\%", "35e-1"]) {
    assert.equal(numberNormalForm(read(text)), "7/2", text);
  }
});

Deno.test("parseNumber() refuses what is no single number, and what is too long to expand", () => {
  for (
    const text of ["", "1,2", "1/0", "x", "1+1", "1e999999999", "9".repeat(1000), "1.2.3", "--1"]
  ) {
    assert.equal(parseNumber(text), null, text);
  }
});

Deno.test("numbersAgree() compares fractions by value, both ways", () => {
  const fraction = fc.tuple(fc.bigInt(-(10n ** 30n), 10n ** 30n), fc.bigInt(1n, 10n ** 30n));
  fc.assert(
    fc.property(fraction, fc.bigInt(1n, 1000n), ([top, bottom], factor) => {
      const value = read(`${top}/${bottom}`);
      assert.ok(numbersAgree(value, read(`\\frac{${top * factor}}{${bottom * factor}}`)));
      assert.equal(numbersAgree(value, read(`${top + 1n}/${bottom}`)), false);
      assert.equal(numbersAgree(read(`${top + 1n}/${bottom}`), value), false);
    }),
    { seed: 1 },
  );
});

Deno.test("numbersAgree() accepts a decimal of an exact value as its rounding or truncation only", () => {
  const gold = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: 1001, max: 9973 }));
  fc.assert(
    fc.property(gold, fc.integer({ min: 8, max: 14 }), ([top, bottom], digits) => {
      const exact = read(`${top}/${bottom}`);
      assert.ok(numbersAgree(exact, read((top / bottom).toFixed(digits))));
      assert.equal(numbersAgree(exact, read((top / bottom + 1e-4).toFixed(digits))), false);
    }),
    { seed: 1 },
  );
});

Deno.test("numbersAgree() takes no factor of 100 where no percent sign stands", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (value) => {
      assert.equal(numbersAgree(read(`${value}`), read(`${value * 100}`)), false);
      assert.equal(numbersAgree(read(`${value * 100}`), read(`${value}`)), false);
      assert.equal(numbersAgree(read(`${value}`), read(`${value}\\%`)), false);
      assert.equal(numbersAgree(read(`${value}\\%`), read(`${value}`)), true);
    }),
    { seed: 1 },
  );
});

Deno.test("numbersAgree() applies the tolerance of a row to that row, limits included", () => {
  assert.equal(numbersAgree(read("1.23"), read("1.33"), { tolerance: 0.1 }), true);
  assert.equal(numbersAgree(read("1.23"), read("1.34"), { tolerance: 0.1 }), false);
  assert.equal(numbersAgree(read("1.23"), read("1.33")), false);
});
