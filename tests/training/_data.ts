/** Data of trainings, as export would write it. */
import { seededRandom } from "../../lib/core/mod.ts";
import { corpusExamples } from "../../lib/starter/mod.ts";

const END_OF_BLOCK = "<end_of_output>\n";

/** Flawless solutions. */
export function traces(count: number): string {
  return [...corpusExamples({ corpus: "clean", count, seed: 5 })].map(({ prompt, response }, i) => {
    const start = response.indexOf("\n<output>");
    const end = response.indexOf(END_OF_BLOCK) + END_OF_BLOCK.length;
    return JSON.stringify({
      problem_id: `p/${i}`,
      prompt,
      response: [
        { text: response.slice(0, start), train: true },
        { text: response.slice(start, end), train: false },
        { text: response.slice(end), train: true },
      ],
    });
  }).join("\n");
}

/** Sums are right where products are wrong: something that a small model learns from a few hundred pairs. */
export function pairs(count: number): string {
  const random = seededRandom(11);
  const number = () => 2 + Math.floor(random() * 40);
  return Array.from({ length: count }, (_, i) => {
    const [a, b] = [number(), number()];
    const side = (sign: string) => ({ text: `<code>\nx = ${a} ${sign} ${b}\n<end_of_step>` });
    return JSON.stringify({
      problem_id: `p/${i % 60}`,
      prompt: `<|user|>:\nAdd ${a} and ${b}.\n<|assistant|>:`,
      positives: [side("+")],
      negatives: [side("*"), side("-")],
    });
  }).join("\n");
}
