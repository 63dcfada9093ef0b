import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { exactGrader, GRADING_SANDBOX, openGrader } from "../../lib/grading/mod.ts";
import { CANNOT_RUN, openReal } from "../real_sandbox.ts";

const Case = z.strictObject({
  about: z.string(),
  gold: z.string(),
  answer: z.string(),
  correct: z.boolean(),
});

const CASES = z.array(Case).parse(
  JSON.parse(
    Deno.readTextFileSync(new URL("../../fixtures/grading/cases.json", import.meta.url)),
  ),
);

Deno.test("exactGrader() decides every case of the table that needs no algebra", async () => {
  await using grader = exactGrader();
  const wrong: string[] = [];
  for (const { about, gold, answer, correct } of CASES) {
    if (about.startsWith("symbolic")) continue;
    const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
    if (verdict.correct !== correct) wrong.push(`${about}: ${gold} | ${answer}: ${verdict.reason}`);
  }
  assert.deepEqual(wrong, []);
});

Deno.test("exactGrader() never accepts a wrong answer of the table", async () => {
  await using grader = exactGrader();
  for (const { gold, answer, correct } of CASES) {
    if (correct) continue;
    const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
    assert.equal(verdict.correct, false, `${gold} | ${answer}`);
  }
});

Deno.test("exactGrader() accepts every reference of the table as its own answer", async () => {
  await using grader = exactGrader();
  for (const { gold } of CASES) {
    const verdict = await grader.grade({ answer: gold, meta: {} }, ` ${gold} `);
    assert.equal(verdict.correct, true, gold);
  }
});

const PIECES = [
  ..."0123456789xyziEe+-*/^_=<>()[]{}|,;:.!$% \\",
  ..."\\frac \\sqrt \\pi \\text{ \\left \\right \\{ \\} \\cup \\in \\pm \\infty \\alpha and or cm \\boxed{"
    .split(" "),
  "\\begin{pmatrix}",
  "\\end{pmatrix}",
];

Deno.test("grade() judges any text within milliseconds, its own copy as right, and never throws", async () => {
  await using grader = exactGrader();
  const text = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 150 })
    .map((pieces) => pieces.join(""));
  await fc.assert(
    fc.asyncProperty(text, text, async (gold, answer) => {
      const started = performance.now();
      const verdict = await grader.grade({ answer: gold, meta: {} }, answer);
      assert.ok(performance.now() - started < 200, `${gold} | ${answer}`);
      assert.equal(typeof verdict.correct, "boolean");
      if (gold.trim() !== "") {
        assert.ok((await grader.grade({ answer: gold, meta: {} }, gold)).correct);
      }
    }),
    { seed: 1, numRuns: 2000 },
  );
});

Deno.test("grade() takes short time where names, commands and spaces repeat", async () => {
  await using grader = exactGrader();
  const started = performance.now();
  for (
    const piece of [
      "\\alpha",
      "\\text{a}",
      " ",
      "a ",
      "1,",
      "{",
      "\\pm 1,",
      "x=",
      "_{a}",
      "1,000",
      "\\cup(",
      "^\\circ",
      "((1,2)",
    ]
  ) {
    await grader.grade({ answer: "x=1", meta: {} }, `${piece.repeat(990 / piece.length)}!`);
  }
  assert.ok(performance.now() - started < 1_000);
});

Deno.test({
  name: "openGrader() agrees with the whole table (needs the confined environment)",
  ignore: CANNOT_RUN !== null,
  fn: async () => {
    await using sandbox = await openReal(GRADING_SANDBOX);
    await using grader = openGrader({ sandbox });
    const verdicts = await Promise.all(
      CASES.map(({ gold, answer }) => grader.grade({ answer: gold, meta: {} }, answer)),
    );
    const wrong = CASES.filter(({ correct }, i) => verdicts[i]?.correct !== correct)
      .map(({ about, gold, answer }) => `${about}: ${gold} | ${answer}`);
    assert.deepEqual(wrong, []);
  },
});
