/** Letters that stand for nothing but themselves. */
export const LETTERS = [..."abcdkmnpqrstuvwxyz"];
/** Answers that hold a letter. */
export const TEMPLATES: readonly ((letter: string) => string)[] = [
  (a) => a,
  (a) => `${a}+1`,
  (a) => `2${a}k`,
  (a) => `\\frac{${a}}{3}`,
  (a) => `(${a}, 2)`,
  (a) => `\\{${a}, 2\\}`,
  (a) => `1, ${a}`,
  (a) => `y=${a}+7`,
  (a) => `f(${a})`,
  (a) => `\\begin{pmatrix}${a}&1\\\\2&3\\end{pmatrix}`,
  (a) => `[0,${a})`,
  (a) => `${a}_{1}`,
];
/** Changes that make another name, or another value, of a letter. */
export const CHANGES: readonly ((letter: string) => string)[] = [
  (a) => a.toUpperCase(),
  (a) => `${a}'`,
  (a) => `${a}''`,
  (a) => `${a}^{*}`,
  (a) => `${a}^T`,
  (a) => `\\bar{${a}}`,
  (a) => `\\hat{${a}}`,
  (a) => `\\vec{${a}}`,
  (a) => `\\dot{${a}}`,
  (a) => `\\mathcal{${a}}`,
  (a) => `${a}!`,
  (a) => `\\lfloor ${a}\\rfloor`,
];
