/** A reviewed reference answer that the rule "last box" gets wrong or leaves in doubt. */
export interface Override {
  readonly answer: string;
  /** Several answers, all of which must be given, in any order. */
  readonly isList: boolean;
}

const list = (answer: string): Override => ({ answer, isList: true });
const single = (answer: string): Override => ({ answer, isList: false });

/** Version of the table, for reports. Read on 2026-11-24, each row against its solution. */
export const OVERRIDES_VERSION = 1;

/** Rows of MATH whose solutions box several values: answers spread over boxes (`list`), or one value in two forms (`single`). */
export const OVERRIDES: Readonly<Record<string, Override>> = {
  "math_test/414": list("-2, 1"),
  "math_test/1984": single("\\frac{25}{13}"),
  "math_test/2152": list("5 - 10i, 11, -3 + 6i"),
  "math_test/2549": list("-\\tfrac32, -\\tfrac34"),
  "math_test/2703": list("3, \\frac{2}{5}"),
  "math_test/2716": list("(10,0), (0,0)"),
  "math_test/2912": list(
    "\\left(\\tfrac32, -\\tfrac52\\right), \\left(-\\tfrac52, -\\tfrac52\\right)",
  ),
  "math_test/3341": single("\\frac{639}{40}"),
  "math_test/3628": single("x+11"),
  "math_test/3837": single("4"),
  "math_test/4060": single("12"),
  "math_test/4258": single("12x -34"),
  "math_test/4559": list("-1, 2"),
  "math_test/4860": list("\\frac{\\pi}{4}, \\frac{5\\pi}{4}"),
  "math_train/422": list("(-2,18), (8,38)"),
  "math_train/1635": list("(-2,23), (0,1)"),
  "math_train/3883": list("\\frac{1}{3}, -\\frac{5}{2}"),
  "math_train/4200": list("2x+1, -2x-1"),
  "math_train/4264": single("-5"),
  "math_train/4309": list("1, 9"),
  "math_train/4554": list("(-5,7), (-5,1)"),
  "math_train/4972": single("28_9"),
  "math_train/6205": single("-b+2"),
  "math_train/6782": list("\\frac{3}{2}, -3"),
  "math_train/7131": list("30^\\circ, 150^\\circ"),
  "math_train/7237": list("12, 18"),
  "math_train/7384": list("5, -3"),
};
