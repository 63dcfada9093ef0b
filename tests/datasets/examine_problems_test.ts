import assert from "node:assert/strict";
import type { Problem, ProblemMeta } from "../../lib/core/mod.ts";
import { examineProblems, reportLines } from "../../lib/datasets/mod.ts";

const problem = (
  nr: number,
  question: string,
  answer: string,
  meta: ProblemMeta = {},
): Problem => ({
  id: `set/${nr}`,
  source: "set",
  question,
  answer,
  level: null,
  meta,
});

Deno.test("reportLines() says nothing but the count of a set without faults", () => {
  const report = examineProblems([problem(1, "a", "1"), problem(2, "b", "1")]);
  assert.deepEqual(reportLines(report), ["2 of 2 reference answers can be judged"]);
});

Deno.test("reportLines() counts what cannot be judged by reason, and questions that repeat or contradict", () => {
  const report = examineProblems([
    problem(1, "How many?", "72"),
    problem(2, "how  many?", "72"),
    problem(3, "How many?", "71"),
    problem(4, "Show it.", "proof", { ungradable: "its reference answer is a placeholder" }),
  ]);
  assert.equal(report.gradable.length, 3);
  assert.deepEqual(reportLines(report), [
    "3 of 4 reference answers can be judged",
    'left out: 1 (its reference answer is a placeholder), e.g. set/4: "proof"',
    "questions that occur more than once: 1, in 3 rows, e.g. set/1, set/2, set/3",
    'of these with different reference answers: 1, e.g. set/1, set/2, set/3: "72", "71"',
  ]);
});
