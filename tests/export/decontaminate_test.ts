import assert from "node:assert/strict";
import { Decontaminator, OVERLAP_WORDS } from "../../lib/export/mod.ts";

const WORDS = Array.from({ length: 30 }, (_, i) => `word${i}`);

function withSuite(isExactOnly = false): Decontaminator {
  const decontaminator = new Decontaminator();
  decontaminator.add(`Let ${WORDS.join(" ")}!`, { suite: "math500", isExactOnly });
  decontaminator.add("What is $1+1$?", { suite: "tiny", isExactOnly });
  return decontaminator;
}

Deno.test("Decontaminator finds an equal problem whatever its punctuation and case", () => {
  assert.deepEqual(withSuite().check("WHAT is\n1 + 1"), { kind: "exact", suite: "tiny" });
});

Deno.test("Decontaminator finds a shared run of 13 words, not of 12", () => {
  const part = (count: number) => `Other start, ${WORDS.slice(5, 5 + count).join(", ")} and end.`;
  assert.deepEqual(withSuite().check(part(OVERLAP_WORDS)), { kind: "overlap", suite: "math500" });
  assert.equal(withSuite().check(part(OVERLAP_WORDS - 1)), null);
});

Deno.test("Decontaminator wants generated worlds to be equal only", () => {
  assert.equal(withSuite(true).check(WORDS.slice(3, 25).join(" ")), null);
  assert.equal(withSuite(true).check("what is 1 1")?.kind, "exact");
});
