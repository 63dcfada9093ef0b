import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeExactly } from "../../lib/grading/judge.ts";
import { answerNormalForm } from "../../lib/grading/mod.ts";
import { CHANGES, LETTERS, TEMPLATES } from "./_changed_letters.ts";
import { PAIR_FILES, readPairs } from "./_graded_pairs.ts";

const PAIRS = PAIR_FILES.flatMap(readPairs).filter(({ kind }) => kind === "equiv");

Deno.test("answerNormalForm() merges no pair that is labelled different", () => {
  const merged = PAIRS.filter(({ gold, pred, expected }) =>
    !expected && answerNormalForm(gold) === answerNormalForm(pred)
  );
  assert.deepEqual(merged, []);
});

Deno.test("answerNormalForm() merges only what the grader takes for equal, either way round", () => {
  const groups = Map.groupBy(
    new Set(PAIRS.flatMap(({ gold, pred }) => [gold, pred]).filter((text) => text.trim() !== "")),
    answerNormalForm,
  );
  for (const group of groups.values()) {
    for (const gold of group) {
      for (const answer of group) {
        const { correct } = judgeExactly({ answer: gold, meta: {} }, answer, () => false);
        assert.equal(correct, true, `${gold} | ${answer}`);
      }
    }
  }
});

Deno.test("answerNormalForm() and the exact stage tell a letter from another case of it, and from itself with a mark", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...LETTERS),
      fc.constantFrom(...TEMPLATES),
      fc.constantFrom(...CHANGES),
      (letter, template, change) => {
        const [plain, changed] = [template(letter), template(change(letter))];
        assert.notEqual(answerNormalForm(plain), answerNormalForm(changed), `${plain} ${changed}`);
        for (const [gold, answer] of [[plain, changed], [changed, plain]] as const) {
          const { correct } = judgeExactly({ answer: gold, meta: {} }, answer, () => null);
          assert.notEqual(correct, true, `${gold} | ${answer}`);
        }
      },
    ),
    { seed: 1, numRuns: 2_000 },
  );
});
