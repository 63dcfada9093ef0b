/**
 * Speed of the grader, as Markdown on standard output.
 *
 *     deno run -A benchmarks/grading/grading_bench.ts
 */
import { openGradingSandbox } from "../../lib/cli/host.ts";
import { exactGrader, openGrader } from "../../lib/grading/mod.ts";

const PLAIN: readonly (readonly [string, string])[] = [
  ["42", "42"],
  ["42", "24"],
  ["1/2", "\\frac{1}{2}"],
  ["1/2", "0.5"],
  ["1234567", "1,234,567"],
  ["28\\%", "28 percent"],
  ["10", "10\\text{ cm}"],
  ["(1,2)", "(1, \\frac{4}{2})"],
  ["[0,9)", "[0,9]"],
  ["x=5", "5"],
];

const rows: string[] = [];
const count = 50_000;
await using exact = exactGrader();
const started = performance.now();
for (let i = 0; i < count; i++) {
  const [answer, given] = PLAIN[i % PLAIN.length] ?? ["", ""];
  await exact.grade({ answer, meta: {} }, given);
}
rows.push(row("plain answers, stage one", count, performance.now() - started));

{
  await using sandbox = await openGradingSandbox({ onProgress: console.error });
  await using grader = openGrader({ sandbox });
  const pairs = Array.from({ length: 320 }, (_, i) => ({
    gold: `x^2+${i}x-\\sqrt{${i + 2}}`,
    answer: `${i % 2}+x(x+${i})-\\sqrt{${i + 2}}`,
  }));
  const begin = performance.now();
  await Promise.all(
    pairs.map(({ gold, answer }) => grader.grade({ answer: gold, meta: {} }, answer)),
  );
  rows.push(row("expressions, stage two, one worker", pairs.length, performance.now() - begin));
}

console.log("| what | cases | ms a case | cases/s |\n|---|---|---|---|\n" + rows.join("\n"));

function row(what: string, cases: number, ms: number): string {
  return `| ${what} | ${cases} | ${(ms / cases).toFixed(3)} | ${Math.round(cases / ms * 1000)} |`;
}
