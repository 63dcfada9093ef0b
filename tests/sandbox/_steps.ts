/** Opens a real sandbox, runs steps that could notice where they run, and prints their outcomes as JSON. Argument: tier. */
import { CONFINING_TIERS } from "../../lib/sandbox/tier.ts";
import { openReal } from "../real_sandbox.ts";

const STEPS = [
  "import time, locale, sys\nprint(time.tzname, time.strftime('%A %x', time.gmtime(0)), locale.localeconv()['decimal_point'])",
  "print(list({'alpha', 'beta', 'gamma', 'delta'}), hash('text'), 'I'.lower(), 1 / 3)",
  "import sympy\nprint(sympy.factor(sympy.Symbol('x') ** 2 - 4), f'{1234567.891:n}', 'π')",
  "assert False, 'asserts are on'",
  "print(sys.flags.hash_randomization, sys.flags.optimize, sys.stdout.encoding, sys.warnoptions)",
  "open('/tmp/x', 'w').write('x')",
  "import tempfile\ntempfile.mkstemp()",
];

const tier = CONFINING_TIERS.find((known) => known === Deno.args[0]);
if (tier === undefined || tier === "stub" || tier === "none") throw new RangeError("no tier");
await using sandbox = await openReal({ tier });
await using session = sandbox.openSession();
const { state } = await session.run({ parent: null, code: STEPS[0] ?? "", keep: true });
const outcomes = [];
for (const code of STEPS) {
  const { status, stdout, error } = await session.run({ parent: state, code, keep: false });
  outcomes.push({ status, stdout, error });
}
console.log(JSON.stringify(outcomes));
