import { pick, type Random, randomInteger } from "../../lib/core/mod.ts";

/** A kind of step: its code, given fresh numbers. */
type StepKind = (random: Random) => string;

/** Code that may run in company. It looks at, or changes, all that candidates could have in common. */
const HARMLESS: readonly StepKind[] = [
  (r) => `total = total * ${randomInteger(r, 2, 9)} - ${randomInteger(r, 0, 99)}\nprint(total)`,
  (r) => `items.append(${randomInteger(r, 0, 99)})\nprint(items, len(items))`,
  (r) => `items.sort(reverse=True)\nitems[0] = ${randomInteger(r, 0, 9)}\nitems`,
  (r) => `table['k${randomInteger(r, 0, 9)}'] = len(table)\nprint(sorted(table.items()))`,
  () => "nested[0].append(nested[1])\nprint(nested)",
  () => "items.clear(); table.clear()\nprint(items, table)",
  (r) => `import random\nprint([random.random() for _ in range(${randomInteger(r, 1, 4)})])`,
  (r) => `import random\nrandom.seed(${randomInteger(r, 0, 5)})\nprint(random.randint(1, 10 ** 6))`,
  () => "import random\nrandom.shuffle(items)\nprint(items)",
  () => "import numpy as np\nprint(np.random.rand(3).tolist(), np.random.randint(1000))",
  () => "import numpy as np\nnp.random.seed(3)\nprint(np.random.rand())",
  (r) =>
    `import numpy as np\na = np.arange(${randomInteger(r, 2, 9)})\na[0] = 7\nprint(a.sum(), a)`,
  (r) => `import sympy as sp\nx = sp.symbols('x')\nprint(sp.solve(x**2 - ${r() < 0.5 ? 4 : 5}, x))`,
  (r) => `import sympy as sp\nd = sp.factorint(${randomInteger(r, 2, 99)})\nd[97] = 1\nprint(d)`,
  (r) => `import sympy as sp\nv = sp.divisors(${randomInteger(r, 2, 30)})\nv.append(0)\nprint(v)`,
  () =>
    "import sympy as sp\nm = sp.Matrix([[1, 2], [3, 4]])\ne = m.eigenvals()\ne[0] = 9\n" +
    "m[0, 0] = 5\nprint(len(e), m, m.det())",
  (r) =>
    `from sympy import symbols, expand\ny = symbols('y', positive=${
      r() < 0.5 ? "True" : "False"
    })\nprint(expand((y + 1) ** ${randomInteger(r, 2, 4)}), y.is_positive)`,
  () => "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\nprint(f(12))",
  () => "def deep(n):\n    return 0 if n == 0 else 1 + deep(n - 1)\nprint(deep(900))",
  () =>
    "depth = 0\ndef down():\n    global depth\n    depth += 1\n    down()\n" +
    "try:\n    down()\nexcept RuntimeError:\n    print(depth)",
  () => "print = len\nprint(items)",
  () => "sum = 3\nmax = sum + 1\nmax",
  () => "from fractions import Fraction as F\nprint(F(1, 3) + F(total % 7, 5))",
  () => "import collections\nprint(collections.Counter(map(str, items)).most_common(2))",
  () => "import math as m\nprint(m.sqrt(abs(total)) > 0, m.comb(10, 3))",
  () => "gen = (i * i for i in items)\nprint(next(gen, None))",
  () => "print({'alpha', 'beta', 'gamma'} | {str(i) for i in range(9)})",
  () => "print(f'{total:>20}|{total!r}|{len(items):03d}')",
  () => "print('é\\ud800' * 3, 'x' * 5_000)",
  () => "for i in range(30_000): print(i)",
  () => "print(sorted(k for k in table))\n__name__",
  () => "try:\n    items[99]\nexcept IndexError as e:\n    print('caught', e)",
  () => "print(f)",
];

/** Code that fails, after having changed something. */
const FAILURES: readonly StepKind[] = [
  () => "items.append(1)\nprint(items)\nundefined_name",
  () => "total += 1\n1 / 0",
  () => "raise ValueError('é' * 10)",
  () => "def broken(:\n  pass",
  () => "assert total is None, items",
  () => "def forever(n):\n    return forever(n + 1)\nforever(0)",
];

/** Code that reaches for its neighbours, or is not to be had in company; alone it runs as ever. */
const UNHARMLESS: readonly StepKind[] = [
  () => "import builtins\nbuiltins.print = None",
  () => "import math\nmath.pi = 3\nimport math as again\nagain.pi",
  () => "import sys\nsys.modules['math'] = None\nsys.setrecursionlimit(60)",
  () => "import random\nrandom.random = lambda: 0.5\nrandom.random()",
  () => "class Bomb:\n    def __del__(self): print('late')\nb = Bomb()\nb.me = b",
  () =>
    "def g():\n    try:\n        yield 1\n    finally:\n        print('late')\nh = g(); next(h)",
  () => "print(().__class__.__base__.__subclasses__()[:1])",
  () => "import sympy\nsympy.sympify('__import__(\"sympy\").Symbol.__hash__') and 1",
  () => "import sympy as sp\nt = 'ev' + 'al(\"1+1\")'\nq = t\nsp.nsimplify(q)",
  () => "import sympy as sp\nsp.solve(str(sp.Symbol('x')) + '-1')",
  () => "import gc\nprint(gc.isenabled())",
  () => "globals()['total'] = 5\ntotal",
  () => "exec('total = 1')\ntotal",
  () => "import numpy as np\nnp.set_printoptions(precision=1)\nprint(np.array([1.23456]))",
  () => "import decimal\ndecimal.getcontext().prec = 3\nprint(decimal.Decimal(1) / 7)",
  () => "exit()",
  () => "print(total)\nexit()",
  () => "print('{0.__class__}'.format(total))",
  () => "try:\n    x = [0] * 10 ** 12\nexcept MemoryError:\n    print('no memory')",
  () => "type(total)",
];

const SETUP = "total = 7\nitems = [3, 1, 2]\ntable = {}\nnested = [[], items]";

/** A node and its candidates. */
export interface Family {
  readonly path: readonly string[];
  readonly candidates: readonly string[];
}

/** Generates candidates of a node; one in eight of them fails and one in eight reaches for its neighbours. */
export function generateFamily(random: Random): Family {
  const path = Array.from({ length: randomInteger(random, 0, 3) }, () => pick(random, HARMLESS));
  const candidates = Array.from({ length: randomInteger(random, 2, 8) }, () => {
    const draw = random();
    return pick(random, draw < 1 / 8 ? FAILURES : draw < 1 / 4 ? UNHARMLESS : HARMLESS)(random);
  });
  return { path: [SETUP, ...path.map((kind) => kind(random))], candidates };
}
