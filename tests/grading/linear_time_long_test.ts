import assert from "node:assert/strict";
import process from "node:process";
import { lastBoxes } from "../../lib/grading/boxes.ts";
import { isTooComplex } from "../../lib/grading/bounds.ts";
import { isReply, looksLikeCode } from "../../lib/grading/extract.ts";
import { findFormulas, withoutFormulas } from "../../lib/grading/formulas.ts";
import { judgeExactly } from "../../lib/grading/judge.ts";
import { answerNormalForm, extractAnswer } from "../../lib/grading/mod.ts";
import { cleanAnswer } from "../../lib/grading/normalize.ts";
import { parseNumber } from "../../lib/grading/number.ts";
import { sentenceOf } from "../../lib/grading/sentence.ts";

/** Everything that is given a whole reply, or an answer of any length. */
const FUNCTIONS: Readonly<Record<string, (text: string) => unknown>> = {
  extractAnswer: (text) => extractAnswer(text, { lastFormula: true, lastNumber: true }),
  isReply,
  looksLikeCode,
  lastBoxes,
  findFormulas,
  withoutFormulas,
  sentenceOf,
  cleanAnswer,
  parseNumber,
  isTooComplex,
  answerNormalForm,
  "judgeExactly, answer": (text) => judgeExactly({ answer: "x+1", meta: {} }, text, () => null),
  "judgeExactly, reference": (text) => judgeExactly({ answer: text, meta: {} }, "x", () => null),
};

const PIECES = [
  ..."\\[ \\( \\] \\) $ $$ $1 ( ) [ ] { } < > * _ # - ! ' \" , , . : ; = | & ~ 1 9, a A é 答 \\ \\\\ ^"
    .split(" "),
  ..." |\n|\t| \n|a |a, |\\text{|\\text{a}|\\boxed{|\\boxed{1}|\\boxed{1}, |\\frac{|\\frac{1}|\\begin{a}|\\pm|x=|x<|(1,|1,000|1 |1/|12.|box|"
    .split("|"),
  ..."answer|answer is|answer is |answer: |final answer |final answer a a a a a a |the answer is 5 (|####|#### 1|<answer>|</answer>|<answer>1</answer>|<think>|</think>|<|im|```|```\n|__a|import |( '|5, as |5 (a |5 - ab |答案是"
    .split("|"),
];

/** Processor time of the quicker of two calls, ms. */
function timeOf(run: () => unknown): number {
  const times = Array.from({ length: 2 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}

for (const [name, run] of Object.entries(FUNCTIONS)) {
  Deno.test(`${name}() takes linear time in the length of its text, whatever repeats in it`, () => {
    for (const piece of PIECES.filter((p) => p !== "")) {
      for (const [head, tail] of [["", ""], ["The answer is ", "!"], ["\\boxed{", "}"]]) {
        const text = (length: number) => head + piece.repeat(length / piece.length) + tail;
        const [short, long] = [text(8_000), text(16 * 8_000)];
        const base = Math.max(4, timeOf(() => run(short)));
        // Linear is 16 times, quadratic 256 times as long.
        const limit = 16 * 4 * base;
        const taken = timeOf(() => run(long));
        assert.ok(taken < limit, `${head}${JSON.stringify(piece)}: ${base} ms, then ${taken} ms`);
      }
    }
  });
}
