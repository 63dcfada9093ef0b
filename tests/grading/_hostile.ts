/** Answers that cost a grader without bounds its time or memory; each kind in sizes that grow with the number. */
const KINDS: readonly ((n: number) => string)[] = [
  (n) => `9^{9^{${n + 2}}}`,
  (n) => `${n + 2}^{${n + 2}^{9^{9}}}`,
  (n) => `(x+y+z+w)^{${100 + n}}`,
  (n) => `(x+1)^{${9999 - n}}`,
  (n) => `((x+1)^{${90 + n}}+y)^{${20 + n}}`,
  (n) => `(1+\\sqrt{2})^{${9000 - n}}`,
  (n) => `(${1000 + n}!)^{${n + 2}}`,
  (n) => `${9000 + n}!`,
  (n) => `\\binom{${10 ** 6 + n}}{${10 ** 5}}`,
  (n) => `\\sum_{k=1}^{10^{${5 + n % 20}}} k^{k}`,
  (n) => `\\prod_{k=1}^{${10 ** 6 + n}} k`,
  (n) => `\\begin{pmatrix}1&1\\\\1&0\\end{pmatrix}^{${9000 + n}}`,
  (n) => `7^{\\left(7^{\\left(7^{\\left(7^${n + 2}\\right)}\\right)} - 2\\right)}`,
  (n) => `${"(".repeat(10 + n % 20)}x+${n}${")".repeat(10 + n % 20)}`,
  (n) => `${"\\frac{1}{".repeat(5 + n % 20)}x+${n}${"}".repeat(5 + n % 20)}`,
  (n) => `${"\\sqrt{2+".repeat(5 + n % 20)}${n}${"}".repeat(5 + n % 20)}`,
  (n) => "\\[".repeat(10_000 + 100 * n),
  (n) => "\\(".repeat(10_000 + 100 * n) + "5",
  (n) => "$".repeat(5_000 + n) + "a$".repeat(5_000 + n),
  (n) => `The answer is ${"(".repeat(2_000 + n)}5`,
  (n) => `answer${" ".repeat(20_000 + n)}5`,
  (n) => `${"\\text{".repeat(5_000 + n)}5`,
  (n) => `e^{e^{e^{e^{${n}}}}}+x`,
  (n) => `x^{x^{x^{x^{${n + 2}}}}}`,
  (n) => `\\sin(\\sin(\\sin(10^{${100 + n}})))`,
];

/** As many hostile answers as asked for, the kinds in turn. */
export function hostileAnswers(count: number): string[] {
  return Array.from(
    { length: count },
    (_, i) => KINDS[i % KINDS.length]?.(Math.floor(i / KINDS.length)) ?? "",
  );
}
