import assert from "node:assert/strict";
import { answerSegment } from "../../lib/core/mod.ts";
import { answerNormalForm, extractAnswer } from "../../lib/grading/mod.ts";

function check(reply: string, answer: string | null, rule: string, options = {}) {
  const found = extractAnswer(reply, options);
  assert.deepEqual([found.answer, found.rule], [answer, rule], reply.slice(0, 200));
}

Deno.test("extractAnswer() takes the box of the last complete answer step", () => {
  check(
    `<code>\n1\n${answerSegment("1")}${answerSegment("\\frac{1}{2}")}`,
    "\\frac{1}{2}",
    "answer_step",
  );
});

Deno.test("extractAnswer() takes the last box, with nested braces, without braces, as fbox", () => {
  check(
    "so \\boxed{1} no, \\boxed{\\frac{a_{1}}{\\sqrt{2}}}.",
    "\\frac{a_{1}}{\\sqrt{2}}",
    "boxed",
  );
  check("$\\boxed 5$", "5", "boxed");
  check("\\fbox{7}", "7", "boxed");
  check("\\boxed{\\{1,2\\}}", "\\{1,2\\}", "boxed");
  check("\\boxed{20}$ percent", "20\\%", "boxed");
});

Deno.test("extractAnswer() joins boxes that are one list, and only those", () => {
  check("\\boxed{1}, \\boxed{2} and \\boxed{3}", "1, 2, 3", "boxed");
  check("$\\boxed{(2, 2)} \\quad \\text{and} \\quad \\boxed{(6, 2)}$", "(2, 2), (6, 2)", "boxed");
  check("\\boxed{1} is wrong, hence \\boxed{2}", "2", "boxed");
  check("\\boxed{4} and \\boxed{4}", "4", "boxed");
});

Deno.test("extractAnswer() finds nothing in a reply that was cut off", () => {
  for (const reply of ["<think>so \\boxed{1}", "thus \\boxed{1} and \\boxed{\\frac{1}{2"]) {
    assert.deepEqual(extractAnswer(reply, { lastNumber: true }), {
      answer: null,
      rule: "none",
      isLoose: false,
      isTruncated: true,
    });
  }
});

Deno.test("extractAnswer() ignores what was thought", () => {
  check("<think>\\boxed{1}</think> The answer is 2.", "2", "phrase");
});

Deno.test("extractAnswer() takes what follows an answer phrase to the end of its sentence", () => {
  check("The final answer is $3.5$. I hope it is correct.", "$3.5$", "phrase");
  check("The answer is 0.5. Then 7.", "0.5", "phrase");
  check("Step 1\nFinal answer: 42", "42", "phrase");
  check("He has 5.\n#### 1,234", "1,234", "phrase");
  check("The answer is 42 because geometry proves it", "42", "phrase");
  check("Final Answer: The largest $n$ is 34.", "34", "phrase");
  check("So the correct option is C.", "C", "phrase");
});

Deno.test("extractAnswer() guesses only when asked to, and says so", () => {
  const reply = "Janet then has 3 + 4 = 7 apples left, of 12 in all";
  check(reply, null, "none");
  assert.deepEqual(extractAnswer(reply, { lastNumber: true }), {
    answer: "12",
    rule: "last_number",
    isLoose: true,
    isTruncated: false,
  });
  check("We find that $x \\lt 3$.", "x \\lt 3", "maths", { lastFormula: true });
  check("计划的比例为13/28", "13/28", "maths", { lastFormula: true });
  check(" **C** ", "**C**", "maths", { lastFormula: true });
  check("\\left(\\begin{array}{cc}1&0\\\\0&1\\end{array}\\right)", null, "none");
  check("open('marker', 'w').write('x') or 0", null, "none", {
    lastFormula: true,
    lastNumber: true,
  });
});

Deno.test("extractAnswer() takes linear time on 10 MB and on 10,000 nested braces", () => {
  const started = performance.now();
  check(`${"\\boxed{".repeat(10_000)}1${"}".repeat(10_000)}`, "1", "boxed");
  check("a$".repeat(5_000_000), "a", "maths", { lastNumber: true, lastFormula: true });
  check("\\boxed{1}, ".repeat(900_000) + "\\boxed{2}", "1, 2", "boxed");
  check("answer is ".repeat(1_000_000) + "5", "5", "phrase");
  assert.ok(performance.now() - started < 2_000, `${performance.now() - started} ms`);
});

Deno.test("answerNormalForm() merges ways of writing and nothing else", () => {
  const same = [["1/2", "0.5", "\\dfrac12", "x=\\frac{2}{4}"], ["\\{2,1\\}", "\\{1, 2\\}"], [
    "10\\%",
    "0.1",
  ]];
  for (const group of same) assert.equal(new Set(group.map(answerNormalForm)).size, 1, group[0]);
  const different = [
    "1/3",
    "0.333",
    "(1,2)",
    "[1,2]",
    "(2,1)",
    "E",
    "e",
    "x=2, y=3",
    "x=3, y=2",
    "3 1/2 x",
    "31/2 x",
  ];
  assert.equal(new Set(different.map(answerNormalForm)).size, different.length);
});
