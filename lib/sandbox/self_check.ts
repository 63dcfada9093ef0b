import type { Sandbox, SandboxSession, StepOutcome, StepState } from "./sandbox.ts";

/** Result of one check. */
export interface CheckResult {
  /** Promise, in plain words. */
  readonly name: string;
  readonly ok: boolean;
  /** Account of what happened instead; empty when the promise held. */
  readonly detail: string;
}

/** A promise and how it is tried. `try` returns what went wrong, or `null`. */
interface Check {
  readonly name: string;
  readonly try: (session: SandboxSession) => Promise<string | null>;
}

/**
 * Tries the promises of a sandbox on this machine, side by side, as a user of any machine can.
 *
 * @throws {SandboxUnavailableError} If a worker is lost and cannot be replaced.
 */
export async function checkSandbox(
  sandbox: Sandbox,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly CheckResult[]> {
  return await Promise.all(CHECKS.map(async (check) => {
    signal?.throwIfAborted();
    await using session = sandbox.openSession();
    const problem = await check.try(session);
    return { name: check.name, ok: problem === null, detail: problem ?? "" };
  }));
}

const CHECKS: readonly Check[] = [
  prints("runs a step and returns what it printed", "print(6 * 7)", "42\n"),
  prints(
    "has sympy",
    "import sympy\nx = sympy.symbols('x')\nprint(sympy.solve(x**2 - 5*x + 6, x))",
    "[2, 3]\n",
  ),
  {
    name: "continues from the state of an earlier step",
    try: async (session) => {
      const state = await keep(session, "x = [1]");
      const { stdout } = await run(session, "x.append(2); print(x)", state);
      return expect("the output", stdout, "[1, 2]\n");
    },
  },
  {
    name: "hides what a step does from its siblings",
    try: async (session) => {
      const state = await keep(session, "x = [1]");
      await keep(session, "x.append(2); import math; math.pi = 3", state);
      const { stdout } = await run(session, "import math; print(x, math.pi > 3)", state);
      return expect("the output", stdout, "[1] True\n");
    },
  },
  {
    name: "gives the same random numbers to siblings",
    try: async (session) => {
      const state = await keep(session, "import random");
      const draw = "print(random.random())";
      const [first, second] = [await run(session, draw, state), await run(session, draw, state)];
      return expect("the second draw", second.stdout, first.stdout);
    },
  },
  {
    name: "names an exception and its line",
    try: async (session) => {
      const { error } = await run(session, "x = 1\nx / 0");
      return expect("the error", `${error?.type} ${error?.line}`, "ZeroDivisionError 2");
    },
  },
  ends("ends an endless loop", "while True: pass", ["timeout"]),
  ends(
    "ends a loop that catches everything",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    ["timeout"],
  ),
  ends("ends a long computation in C", "len(str(9 ** (9 ** 9)))", ["timeout", "memory", "error"]),
  ends("bounds memory", "x = bytearray(1 << 33)", ["memory"]),
  ends("bounds output", "while True: print('x' * 1000)", ["output_truncated"]),
  ends("reports a process that died", "import os; os._exit(0)", ["error"]),
  ends("opens no network connection", "import socket; socket.create_connection(('127.0.0.1', 1))", [
    "error",
  ]),
  ends("makes no socket", "import socket; socket.socket()", ["error"]),
  ends("reads no file of the system", "open('/etc/passwd').read()", ["error"]),
  ends("lists no home folder", "import os; os.listdir('/root' if os.getuid() == 0 else '/home')", [
    "error",
  ]),
  ends("writes no file", "open('/tmp/rstar_check', 'w').write('x')", ["error"]),
  ends("starts no program", "import subprocess; subprocess.run(['/bin/true'], check=True)", [
    "error",
  ]),
  ends("makes no process", "import os; os.fork()", ["error"]),
  ends("makes no thread", "import threading; threading.Thread(target=print).start()", ["error"]),
  ends("signals no process", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)", ["error"]),
  ends("waits for no dead child", "import os; os.waitpid(-1, os.WNOHANG)", ["error"]),
  ends("follows no link", "import os; os.readlink('/proc/self/exe')", ["error"]),
  prints(
    "does not know the name of the machine",
    "import os, socket; print(os.uname().nodename, socket.gethostname())",
    "rstar rstar\n",
  ),
  prints(
    "sees no environment of the harness",
    "import os; print([k for k in os.environ if 'KEY' in k or 'TOKEN' in k or k == 'PATH'])",
    "[]\n",
  ),
  {
    name: "answers the next step after one that died",
    try: async (session) => {
      await run(session, "import os; os.abort()");
      const { stdout } = await run(session, "print(6 * 7)");
      return expect("the output", stdout, "42\n");
    },
  },
];

function prints(name: string, code: string, expected: string): Check {
  return {
    name,
    try: async (session) => {
      const { stdout, error } = await run(session, code);
      return expect(
        "the output",
        error === null ? stdout : `${error.type}: ${error.message}`,
        expected,
      );
    },
  };
}

function ends(name: string, code: string, statuses: readonly StepOutcome["status"][]): Check {
  return {
    name,
    try: async (session) => {
      const { status, stdout } = await run(session, code);
      if (statuses.includes(status)) return null;
      return `the step ended "${status}", expected "${statuses.join('" or "')}"; it printed ${
        JSON.stringify(stdout.slice(0, 200))
      }`;
    },
  };
}

function run(
  session: SandboxSession,
  code: string,
  parent: StepState | null = null,
): Promise<StepOutcome> {
  return session.run({ parent, code, keep: false });
}

/** Runs a step whose state is needed; without one the check goes on from the root and fails there. */
async function keep(
  session: SandboxSession,
  code: string,
  parent: StepState | null = null,
): Promise<StepState | null> {
  return (await session.run({ parent, code, keep: true })).state;
}

function expect(what: string, actual: string, expected: string): string | null {
  if (actual === expected) return null;
  return `${what} was ${JSON.stringify(actual.slice(0, 200))}, expected ${
    JSON.stringify(expected)
  }`;
}
