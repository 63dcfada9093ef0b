import { pick, type Random, randomInteger } from "../../lib/core/mod.ts";

/** A kind of step: its code, given fresh numbers. */
type StepKind = (random: Random) => string;

/** Steps that look at, or change, everything that a fork and a replay could treat differently. */
const KINDS: readonly StepKind[] = [
  (r) => `xs = [random.random() for _ in range(${randomInteger(r, 1, 5)})]\nprint(xs)`,
  (r) => `random.shuffle(items); items.append(${randomInteger(r, 0, 99)}); print(items)`,
  () => "print(numpy.random.rand(3).tolist(), numpy.random.randint(1000))",
  (r) => `random.seed(${randomInteger(r, 0, 9)}); print(random.getrandbits(64))`,
  () => "print({'alpha', 'beta', 'gamma', 'delta'} | {str(i) for i in range(9)})",
  () => "print(list(frozenset(w + str(len(table)) for w in ('x', 'yy', 'zzz'))))",
  (r) => `table['k${randomInteger(r, 0, 9)}'] = len(table)\nprint(table, hash('text'))`,
  (r) => `def f(n, depth=${randomInteger(r, 1, 5)}):\n    return n * depth + len(items)\nf(7)`,
  (r) => `counter = counter + ${randomInteger(r, 1, 9)}\ncounter`,
  () => "import itertools, collections\nprint(collections.Counter(map(str, items)).most_common(3))",
  () => "import decimal\ndecimal.getcontext().prec += 1\nprint(decimal.Decimal(1) / 7)",
  () => "import warnings\nwarnings.warn('once')\nprint(len(warnings.filters) > 0)",
  (r) => `x = sympy.symbols('x')\nprint(sympy.expand((x + ${randomInteger(r, 2, 6)}) ** 3))`,
  (r) => `print(sympy.factor(sympy.Symbol('y') ** 2 - ${randomInteger(r, 2, 9) ** 2}))`,
  (r) => `items[:] = sorted(items, key=lambda v: (v * ${randomInteger(r, 3, 17)}) % 19)`,
  () => "try:\n    [][1]\nexcept IndexError as e:\n    print('caught', e)\nprint('e' in globals())",
  (r) =>
    `class Point:\n    made = ${
      randomInteger(r, 0, 9)
    }\n    def __repr__(self):\n        return f'P{self.made}'\nPoint()`,
  () => "gen = (i * i for i in items)\nprint(next(gen, None))",
  () => "print(next(gen, 'empty') if 'gen' in globals() else 'none')",
  () => "import sys\nsys.setrecursionlimit(sys.getrecursionlimit() + 1)\nsys.getrecursionlimit()",
  () => "import gc\nprint(gc.isenabled(), gc.get_count()[2])",
  () => "print(__name__, sorted(k for k in globals() if not k.startswith('_')))",
  () => "print(2 ** 6000 % 10 ** 2000)",
  () => "print('\\ud800\\x00é' * 3)",
  () => "import builtins\nbuiltins.shout = lambda s: s.upper()\nprint(shout('ok'))",
  () => "total = 0\nfor i in range(200_000):\n    total += i\nprint(total)",
];

/** Steps that fail, after having changed something. */
const FAILURES: readonly StepKind[] = [
  () => "items.append(1)\nprint(items)\nundefined_name",
  () => "counter += 1\n1 / 0",
  () => "raise ValueError('é' * 10)",
  () => "def broken(:\n  pass",
  () => "import sys\nsys.exit(3)",
  () => "assert counter < 0, items",
  () => "raise type('Odd', (Exception,), {'__str__': lambda self: 1 / 0})()",
];

const SETUP = "import random, numpy, sympy\nitems = [3, 1, 2]\ntable = {}\ncounter = 0";

/**
 * A path of steps; one in eight fails, and what follows is then a child of the step before it.
 *
 * @returns Codes in order, the first one sets up what the others use.
 */
export function generatePath(random: Random): string[] {
  const length = randomInteger(random, 2, 8);
  const steps = Array.from(
    { length },
    () => pick(random, random() < 1 / 8 ? FAILURES : KINDS)(random),
  );
  return [SETUP, ...steps];
}
