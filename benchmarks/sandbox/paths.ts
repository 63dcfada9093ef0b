import type { Sandbox, StepState } from "../../lib/sandbox/mod.ts";
import { openPool, openWorker, runOk } from "./_open.ts";
import { quantile, table } from "./_measure.ts";

const SYMPY_PATHS: readonly (readonly string[])[] = [
  [
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
  [
    "import sympy as sp\nn, k = sp.symbols('n k', integer=True, positive=True)",
    "a = sp.summation(k**2, (k, 1, n))\nprint(sp.factor(a))",
    "b = sp.solve(sp.Eq(a, 385), n)\nprint(b)",
    "p = list(sp.primerange(1, 200))\nprint(len(p))",
    "z = sp.symbols('z')\nq = sp.apart(1 / (z**3 - z), z)\nprint(q)",
    "r = sp.together(q)\nprint(r)",
    "s = sp.series(sp.exp(z), z, 0, 6)\nprint(s)",
    "u = sp.solve([z + n - 3, z - n - 1], [z, n])\nprint(u)",
    "v = sp.factorint(2**40 - 1)\nprint(v)",
    "print(b[0], sum(v.values()))",
  ],
];

const TRIVIAL_PATHS: readonly (readonly string[])[] = [
  ["x = 1", ...Array.from({ length: 9 }, (_, i) => `x = x * 2 + ${i}\nprint(x)`)],
];

/** Ten-step paths, every prefix one step of search: from the session's states against a replay of each prefix. */
export async function paths(rounds: number): Promise<string> {
  const rows = [["paths of ten steps", "session ms", "re-execution ms", "ratio"]];
  for (const [name, of] of [["sympy", SYMPY_PATHS], ["trivial", TRIVIAL_PATHS]] as const) {
    const { live, replayed } = await compare(of, rounds);
    rows.push([
      name,
      live.toFixed(0),
      replayed.toFixed(0),
      `${(replayed / live).toFixed(2)}x`,
    ]);
  }
  return table(rows);
}

async function compare(
  of: readonly (readonly string[])[],
  rounds: number,
): Promise<{ readonly live: number; readonly replayed: number }> {
  await using pool = await openPool(1);
  await using worker = await openWorker(null);
  const live: number[] = [];
  const replayed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    let start = performance.now();
    for (const path of of) await runSession(pool, path);
    live.push((performance.now() - start) / of.length);
    start = performance.now();
    for (const path of of) {
      for (const [i, code] of path.entries()) {
        await runOk(worker, code, { prefix: path.slice(0, i) });
      }
    }
    replayed.push((performance.now() - start) / of.length);
  }
  return { live: quantile(live, 0.5), replayed: quantile(replayed, 0.5) };
}

async function runSession(pool: Sandbox, path: readonly string[]): Promise<void> {
  await using session = pool.openSession();
  let parent: StepState | null = null;
  for (const code of path) {
    const outcome = await session.run({ parent, code, keep: true });
    if (outcome.status !== "ok") throw new Error(JSON.stringify(outcome.error));
    parent = outcome.state;
  }
}
