import assert from "node:assert/strict";
import { openPythonSandbox } from "../../lib/sandbox/mod.ts";
import { UNSAFE_PHRASE } from "../../lib/sandbox/tier.ts";
import { testSandbox } from "../conformance/sandbox.ts";
import { BWRAP, CANNOT_RUN, INTERPRETER, openReal, testReal, TIERS } from "../real_sandbox.ts";

/** Those that a pool chooses by itself, and the one that it takes where there is no Landlock. */
const EVERY_TIER = BWRAP === null ? TIERS : ([...TIERS, "C"] as const);

for (const tier of EVERY_TIER) {
  testSandbox(`openPythonSandbox() in tier ${tier}`, () => openReal({ tier }), {
    skipped: CANNOT_RUN,
  });
}

testReal("openPythonSandbox() says what confines and which Python runs", async () => {
  const notices: string[] = [];
  await using sandbox = await openReal({
    workers: 2,
    limits: { wallMs: 1_000 },
    onNotice: (text) => notices.push(text),
  });
  const { tier, description, python, packages, limits, workers } = sandbox.info;
  assert.equal(tier, TIERS[0]);
  assert.deepEqual(notices, [`Sandbox: Tier ${tier}: ${description}`]);
  assert.match(python, /^3\.\d+\.\d+/);
  assert.match(packages["sympy"] ?? "", /^\d/);
  assert.equal(limits.wallMs, 1_000);
  assert.equal(workers, 2);
});

testReal(
  "openPythonSandbox() spreads sessions over workers, and a slow one holds up no other",
  async () => {
    await using sandbox = await openReal({ workers: 2, limits: { wallMs: 1_500 } });
    const sessions = [sandbox.openSession(), sandbox.openSession()] as const;
    let isSlowDone = false;
    const slow = sessions[0].run({ parent: null, code: "while True: pass", keep: false })
      .finally(() => isSlowDone = true);
    const quick = await sessions[1].run({ parent: null, code: "print(1)", keep: false });
    const sameWorker = await sessions[0].run({ parent: null, code: "print(2)", keep: false });
    assert.deepEqual([quick.stdout, sameWorker.stdout, isSlowDone], ["1\n", "2\n", false]);
    assert.equal((await slow).status, "timeout");
    for (const session of sessions) await session[Symbol.asyncDispose]();
  },
);

testReal("openPythonSandbox() kills a step when its signal aborts", async () => {
  await using sandbox = await openReal();
  await using session = sandbox.openSession();
  const controller = new AbortController();
  const step = session.run({ parent: null, code: "while True: pass", keep: false }, {
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await assert.rejects(step, { message: "enough" });
  const next = await session.run({ parent: null, code: "print(1)", keep: false });
  assert.equal(next.stdout, "1\n");
});

const ODD_STEPS: readonly [name: string, code: string, check: (told: string) => void][] = [
  [
    "an output of 2,000 digits",
    "print(10 ** 1_999)",
    (told) => assert.equal(told, `ok 1${"0".repeat(1_999)}\n`),
  ],
  [
    "a step of exactly 1 MiB",
    `print(1)#${"x".repeat((1 << 20) - 9)}`,
    (told) => assert.equal(told, "ok 1\n"),
  ],
  [
    "a step of 1 MiB and one byte",
    `print(1)#${"x".repeat((1 << 20) - 8)}`,
    (told) => assert.equal(told, "error ValueError: the step is longer than 1048576 bytes"),
  ],
  [
    "a lone surrogate in the code",
    "print('\ud800')",
    (told) => assert.match(told, /^error UnicodeEncodeError/),
  ],
  [
    "a NUL in the code",
    "print(1)\0",
    (told) => assert.match(told, /^error (SyntaxError|ValueError): .*null byte/),
  ],
  [
    "a lone surrogate in the output",
    "print('\\ud800')",
    (told) => assert.equal(told, "ok \\ud800\n"),
  ],
  [
    "text that looks like a frame",
    "print('\\x00\\x00\\x00\\x02{}')",
    (told) => assert.equal(told, "ok \0\0\0\x02{}\n"),
  ],
  [
    "an output longer than what is kept",
    "print('é' * 3_000)",
    (told) => assert.equal(told, `ok ${"é".repeat(2_048)}`),
  ],
  ["carriage returns", "print(1)\r\nprint(2)", (told) => assert.equal(told, "ok 1\n2\n")],
  ["an odd locale", "import locale, time; print(time.tzname[0], locale.getpreferredencoding())", (
    told,
  ) => assert.match(told, /^ok UTC (UTF-8|utf-8)\n$/)],
];

testReal("openPythonSandbox() takes odd steps as data", async () => {
  await using sandbox = await openReal();
  await using session = sandbox.openSession();
  for (const [name, code, check] of ODD_STEPS) {
    const { status, stdout, error } = await session.run({ parent: null, code, keep: false });
    const told = error === null
      ? `${status} ${stdout}`
      : `${status} ${error.type}: ${error.message}`;
    try {
      check(told);
    } catch (cause) {
      throw new Error(`${name}: ${told}`, { cause });
    }
  }
});

testReal(
  "openPythonSandbox() ends a program that ends itself behind output, and keeps its state",
  async () => {
    await using sandbox = await openReal();
    await using session = sandbox.openSession();
    const run = async (
      code: string,
      parent: Parameters<typeof session.run>[0]["parent"] = null,
    ) => {
      const { status, stdout, error, state } = await session.run({ parent, code, keep: true });
      return { told: `${status} ${error?.type ?? ""}|${stdout}`, state };
    };
    const ended = await run("import sys\nx = 6\nprint(x)\nsys.exit(0)\nprint('never')");
    assert.equal(ended.told, "ok |6\n");
    assert.ok(ended.state !== null);
    assert.equal((await run("print(7 * x)", ended.state)).told, "ok |42\n");
    assert.equal((await run("exit()", ended.state)).told, "ok |", "the path has said something");
    for (
      const call of ["exit()", "quit()", "sys.exit()", "sys.exit(None)", "exit(0)", "quit(False)"]
    ) {
      assert.equal((await run(`import sys\nprint(1)\n${call}`)).told, "ok |1\n", call);
    }
    for (
      const call of ["exit(1)", "sys.exit('no')", "sys.exit('')", "sys.exit(0.0)", "exit(True)"]
    ) {
      assert.equal((await run(`import sys\nprint(1)\n${call}`)).told, "error SystemExit|1\n", call);
    }
    assert.equal((await run("exit()")).told, "error SystemExit|", "nothing was said");
    assert.equal((await run("raise SystemExit")).told, "error SystemExit|");
  },
);

testReal(
  "openPythonSandbox() sets no limit to the digits of a number, in either direction",
  async () => {
    await using sandbox = await openReal();
    await using session = sandbox.openSession();
    const code = "n = 10 ** 5_000\nassert int(str(n)) == n\nprint(len(str(n)))";
    const { status, stdout } = await session.run({ parent: null, code, keep: false });
    assert.equal(`${status} ${stdout}`, "ok 5001\n");
  },
);

testReal("openPythonSandbox() preloads a file of the caller", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.chmod(folder, 0o755);
    const preload = `${folder}/counting_entry.py`;
    await Deno.writeTextFile(preload, "def count(text: str) -> int:\n    return len(text)\n");
    await using sandbox = await openReal({ profile: { preload } });
    await using session = sandbox.openSession();
    const code = "from counting_entry import count\nprint(count('abc'))";
    const outcome = await session.run({ parent: null, code, keep: false });
    assert.deepEqual([outcome.status, outcome.stdout], ["ok", "3\n"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("openPythonSandbox() names an interpreter that does not exist (on Linux)", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await assert.rejects(openReal({ interpreter: "/nonexistent/python" }), {
    name: "SandboxUnavailableError",
    message: 'Cannot prepare the sandbox with "/nonexistent/python": ' +
      'Cannot start "/nonexistent/python": no such executable',
  });
});

Deno.test(
  "openPythonSandbox() refuses to run unconfined as root before it starts anything (on Linux)",
  {
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    const unsafeNoSandbox = { phrase: UNSAFE_PHRASE, isRoot: true, isContinuousIntegration: false };
    await assert.rejects(
      openPythonSandbox({ interpreter: INTERPRETER, bwrap: null, unsafeNoSandbox }),
      { name: "UsageError", message: /this process runs as root/ },
    );
  },
);
