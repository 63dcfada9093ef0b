/** A step with the steps that lead to it, itself last. */
export type Path = readonly string[];

/** Work that executors are compared on. */
export interface Work {
  readonly name: string;
  /** Ten steps, one below the other. */
  readonly path: Path;
  /** Step that candidate `candidate` makes at depth `depth`, both from 0. Candidate 0 is the one that is expanded. */
  readonly candidate: (depth: number, candidate: number) => string;
}

/** Depth of the trees, and candidates of each of their nodes. */
export const TREE = { depth: 8, width: 8 } as const;

/** Arithmetic as in word problems, arrays, symbols: what models write, from cheap to dear. */
export const WORKS: readonly Work[] = [
  {
    name: "arithmetic",
    path: Array.from(
      { length: 10 },
      (_, i) => i === 0 ? "x0 = 3\nprint(x0)" : `x${i} = x${i - 1} * 2 + ${i}\nprint(x${i})`,
    ),
    candidate: (depth, c) =>
      depth === 0
        ? `price = ${c + 2}\ncount_0 = price * 12\nprint(count_0)`
        : `# step ${depth}\ncount_${depth} = count_${depth - 1} * ${c + 2} - ${depth}\n` +
          `print(count_${depth})`,
  },
  {
    name: "numpy",
    path: [
      "import numpy as np\na = np.arange(12).reshape(3, 4)\nprint(a.shape)",
      ...Array.from(
        { length: 9 },
        (_, i) => `b${i} = np.dot(a, a.T) + ${i}\nprint(np.linalg.norm(b${i}))`,
      ),
    ],
    candidate: (depth, c) =>
      depth === 0
        ? `import numpy as np\nm0 = np.eye(4) * ${c + 2} + np.ones((4, 4))\nprint(m0.sum())`
        : `m${depth} = np.linalg.inv(m${depth - 1}) + ${c + 1} * np.eye(4)\n` +
          `print(round(float(np.trace(m${depth})), 6))`,
  },
  {
    name: "sympy",
    path: [
      "import sympy as sp\nx, y = sp.symbols('x y')",
      "f = sp.expand((x + 2*y)**6)\nprint(f)",
      "s = sp.solve(x**3 - 6*x**2 + 11*x - 6, x)\nprint(s)",
      "g = sp.factor(x**6 - 1)\nprint(g)",
      "i = sp.integrate(x**2 * sp.sin(x), x)\nprint(i)",
      "d = sp.simplify(sp.diff(i, x))\nprint(d)",
      "t = sp.trigsimp(sp.sin(x)**2 + sp.cos(x)**2)\nprint(t)",
      "l = sp.limit(sp.sin(3*x) / x, x, 0)\nprint(l)",
      "m = sp.Matrix([[2, 1], [1, 3]]).eigenvals()\nprint(m)",
      "print(sum(s), l)",
    ],
    candidate: (depth, c) =>
      depth === 0
        ? `import sympy as sp\nx = sp.symbols('x')\ne0 = x**2 - ${c + 3}*x + ${c + 2}\n` +
          "print(sp.solve(e0, x))"
        : depth % 2 === 1
        ? `e${depth} = sp.expand(e${depth - 1} * (x + ${c + 1}))\nprint(e${depth})`
        : `e${depth} = e${depth - 1}\nprint(sp.factor(e${depth} + ${c}))`,
  },
];

/** The steps of a work's path, each with those before it. */
export function pathSteps({ path }: Work): Path[] {
  return path.map((_, i) => path.slice(0, i + 1));
}

/** The steps of a work's tree, node by node. */
export function treeSteps(work: Work): Path[][] {
  const spine = Array.from({ length: TREE.depth }, (_, depth) => work.candidate(depth, 0));
  return spine.map((_, depth) =>
    Array.from(
      { length: TREE.width },
      (_, c) => [...spine.slice(0, depth), work.candidate(depth, c)],
    )
  );
}
