import assert from "node:assert/strict";
import { seededRandom } from "../../lib/core/mod.ts";
import type { RunReply } from "../../lib/sandbox/messages.ts";
import type { Worker } from "../../lib/sandbox/worker.ts";
import { testReal, TIERS } from "../real_sandbox.ts";
import { generateFamily } from "./_generate_candidates.ts";
import { openWorkerIn } from "./_open_worker.ts";
import { processesWith, until } from "./_processes.ts";

const FAMILIES = 150;

for (const tier of TIERS) {
  testReal(
    `tier ${tier}: candidates of ${FAMILIES} nodes give the same outcomes together as alone`,
    async () => {
      await using worker = await openWorkerIn(tier);
      const random = seededRandom(26);
      let [together, alone] = [0, 0];
      for (let i = 0; i < FAMILIES; i++) {
        const { path, candidates } = generateFamily(random);
        const replies = await worker.runBatch({ prefix: path, codes: candidates });
        for (const [c, reply] of replies.entries()) {
          if (reply.status === "alone") {
            alone++;
            continue;
          }
          together++;
          const own = await runAlone(worker, path, candidates[c] ?? "");
          assert.deepEqual(tell(reply), tell(own), JSON.stringify({ i, path, candidates, c }));
        }
      }
      // Both ways were taken, and most went together.
      assert(alone > FAMILIES / 4 && together > 2 * alone, `${together} together, ${alone} alone`);
    },
  );

  testReal(
    `tier ${tier}: a candidate that reaches for its neighbours has no outcome in company, nor have those behind it`,
    async () => {
      await using worker = await openWorkerIn(tier);
      for (const code of REACHING) {
        const [before, reaching, after] = await worker.runBatch({
          prefix: ["x = 1"],
          codes: ["print(x + 1)", code, "print(x + 2)"],
        });
        assert.equal(before?.stdout, "2\n", code);
        assert.equal(reaching?.status, "alone", code);
        // Refused before anything ran, or ended as it reached: the one behind it then has no outcome.
        assert(after?.status === "alone" || after?.stdout === "3\n", code);
      }
    },
  );

  testReal(
    `tier ${tier}: a candidate that never ends, or takes the memory, leaves its neighbours to run alone`,
    async () => {
      await using worker = await openWorkerIn(tier);
      for (
        const code of [
          "while True: pass",
          "print(len([0] * 20_000_000))",
          "print(sum(range(10 ** 9)))",
        ]
      ) {
        const replies = await worker.runBatch({
          prefix: [],
          codes: ["print(1)", code, "print(2)"],
        });
        assert.deepEqual(replies.map(({ status }) => status), ["ok", "alone", "alone"], code);
      }
      assert.equal((await worker.stat()).running, 0);
    },
  );

  testReal(`tier ${tier}: a batch whose process is killed half way gives no verdict`, async () => {
    const tag = `batch-${crypto.randomUUID()}`;
    await using worker = await openWorkerIn(tier, { tag });
    const atRest = new Set(await processesWith(tag));
    const codes = ["print(1)", "n = 0\nwhile n < 10 ** 9: n += 1", "print(2)"];
    const batch = worker.runBatch({ prefix: [], codes });
    await until(async () => {
      const begun = (await processesWith(tag)).filter((pid) => !atRest.has(pid));
      for (const pid of begun) Deno.kill(pid, "SIGKILL");
      return begun.length > 0;
    });
    const [first, ...others] = await batch;
    assert(first?.status === "alone" || first?.stdout === "1\n");
    assert.deepEqual(others.map(({ status }) => status), ["alone", "alone"]);
    assert.equal((await runAlone(worker, [], "print(3)")).stdout, "3\n");
  });
}

/** Ways to what is not the code's own: by name, by attribute, and by text that a library evaluates. */
const REACHING = [
  "import sys\nsys.stdout.write('x')",
  "print.__self__",
  "x.__class__.__base__",
  "f'{x.__class__}'",
  "'{0.__class__}'.format(x)",
  "getattr(x, 'real')",
  "eval('1')",
  "__builtins__['print']",
  "class A:\n    pass",
  "def g():\n    yield 1",
  "if False:\n    eval = 1\neval('2')",
  "import math\nmath.pi = 3",
  "import math\ndel math.pi",
  "for x.real in [1]:\n    pass",
  "[0 for x.real in [1]]",
  "from random import *",
  "from sympy import *",
  "from os import *",
  "import sympy.core",
  "from sympy import sympify",
  "import numpy as np\nnp.lib",
  "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    e.__traceback__",
  "import sympy as sp\nq = 'ex' + 'ec(\"pass\")'\nsp.nsimplify(q)",
  "import sympy as sp\nq = str(sp.Symbol('__import__'))\nsp.solve(q)",
  "import sympy as sp\nq = ['1+1']\nsp.Matrix(q) + sp.S(*q)",
  "lambda: (yield)",
  "async def f():\n    pass",
  "with x:\n    pass",
  "match x:\n    case int(real=1):\n        pass",
  "x.__init__ = 1",
  "ｅｖａｌ('1')",
];

async function runAlone(worker: Worker, path: readonly string[], code: string): Promise<RunReply> {
  return await worker.run({ parent: 0, prefix: path, code, keep: false });
}

/** Part of a reply that must not depend on the way. */
function tell({ status, stdout, value, error }: RunReply) {
  return { status, stdout, value, error };
}
