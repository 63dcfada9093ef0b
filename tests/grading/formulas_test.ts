import assert from "node:assert/strict";
import { findFormulas, withoutFormulas } from "../../lib/grading/formulas.ts";

function contents(text: string): string[] {
  return findFormulas(text).map(({ content }) => content);
}

Deno.test("findFormulas() finds what stands between every kind of delimiter", () => {
  assert.deepEqual(contents("a $x$ b $$y$$ c \\(z\\) d \\[w\\] e"), ["x", "y", "z", "w"]);
  assert.deepEqual(contents("$a\\$b$"), ["a\\$b"]);
  assert.deepEqual(contents("\\[a\nb\\] and $c\nd$"), ["a\nb"]);
});

Deno.test("findFormulas() takes prices and what is never closed for no formulas", () => {
  assert.deepEqual(contents("It costs $37.00."), []);
  assert.deepEqual(contents("\\[x and \\(y"), []);
  assert.deepEqual(contents("5$ and 6$"), []);
});

Deno.test("withoutFormulas() leaves the prose", () => {
  assert.equal(withoutFormulas("so $x$ is \\(y\\)."), "so   is  .");
});
