import assert from "node:assert/strict";
import type { Sandbox, StepState } from "../../lib/sandbox/sandbox.ts";
import type { StubOutcome, StubScript } from "../../lib/sandbox/stub_sandbox.ts";

interface Case {
  /** Description of what the last step of the path shows. */
  readonly name: string;
  readonly path: readonly string[];
  /** Outcome of the step; the stub is told to give it. */
  readonly outcome: StubOutcome;
}

/** Paths that a stub can be told about and a real sandbox must run: every status but those that take time or memory. */
const CASES: readonly Case[] = [
  { name: "prints nothing", path: ["x = 1"], outcome: {} },
  { name: "prints", path: ["print('a')"], outcome: { stdout: "a\n" } },
  { name: "ends with an expression", path: ["x = 6", "x * 7"], outcome: { value: "42" } },
  { name: "ends with None", path: ["None"], outcome: {} },
  { name: "sees its ancestors", path: ["x = 1", "x += 1", "print(x)"], outcome: { stdout: "2\n" } },
  {
    name: "raises",
    path: ["x = 1\nprint(x)\ny"],
    outcome: {
      status: "error",
      stdout: "1\n",
      error: { type: "NameError", message: "name 'y' is not defined", line: 3 },
    },
  },
  { name: "prints beyond ASCII", path: ["print('π\\0')"], outcome: { stdout: "π\0\n" } },
];

const script: StubScript = (path) =>
  CASES.find((known) => known.path.join("\n\n") === path.join("\n\n"))?.outcome;

/**
 * The contract of `Sandbox`, over any implementation. One sandbox serves all checks: opening a real one takes a second.
 *
 * @param open Opens a sandbox; one that interprets nothing is given the script of the outcomes.
 * @param options.skipped Why there can be none here; `null` where there can.
 */
export function testSandbox(
  name: string,
  open: (script: StubScript) => Promise<Sandbox>,
  { skipped = null }: { readonly skipped?: string | null } = {},
): void {
  Deno.test({
    name: `${name} keeps the contract of Sandbox${skipped === null ? "" : ` (${skipped})`}`,
    ignore: skipped !== null,
    fn: async (t) => {
      await using sandbox = await open(script);
      for (const [what, check] of CHECKS) await t.step(what, () => check(sandbox));
    },
  });
}

const CHECKS: readonly [name: string, check: (sandbox: Sandbox) => Promise<void>][] = [
  ["run() tells what a step did", async (sandbox) => {
    for (const { name, path, outcome } of CASES) {
      await using session = sandbox.openSession();
      let state: StepState | null = null;
      for (const code of path.slice(0, -1)) {
        state = (await session.run({ parent: state, code, keep: true })).state;
        assert(state !== null);
      }
      const { wallMs, cpuMs, memoryBytes, ...told } = await session.run({
        parent: state,
        code: path.at(-1) ?? "",
        keep: false,
      });
      const quiet = { status: "ok", stdout: "", value: null, error: null, state: null };
      assert.deepEqual(told, { ...quiet, ...outcome }, name);
      assert(wallMs >= 0 && cpuMs >= 0 && memoryBytes >= 0);
    }
  }],

  [
    "run() leaves a state only when asked to and only after a step that succeeded",
    async (sandbox) => {
      await using session = sandbox.openSession();
      const run = (code: string, keep: boolean) => session.run({ parent: null, code, keep });
      assert.equal((await run("x = 1", false)).state, null);
      assert.notEqual((await run("x = 1", true)).state, null);
      assert.equal((await run("x = 1\nprint(x)\ny", true)).state, null);
    },
  ],

  ["run() refuses a state that was released, or belongs to another session", async (sandbox) => {
    await using session = sandbox.openSession();
    await using other = sandbox.openSession();
    const { state } = await session.run({ parent: null, code: "x = 1", keep: true });
    assert(state !== null);
    const message =
      `Cannot run a step: state ${state.stateId} was released or belongs to another session`;
    await assert.rejects(other.run({ parent: state, code: "x", keep: false }), {
      name: "RangeError",
      message,
    });
    session.release(state);
    session.release(state);
    await assert.rejects(session.run({ parent: state, code: "x", keep: false }), {
      name: "RangeError",
      message,
    });
  }],

  ["run() of a child still works when its ancestors are released", async (sandbox) => {
    await using session = sandbox.openSession();
    const first = (await session.run({ parent: null, code: "x = 1", keep: true })).state;
    const second = (await session.run({ parent: first, code: "x += 1", keep: true })).state;
    assert(first !== null && second !== null);
    session.release(first);
    const { stdout } = await session.run({ parent: second, code: "print(x)", keep: false });
    assert.equal(stdout, "2\n");
  }],

  ["run() refuses a closed session", async (sandbox) => {
    const session = sandbox.openSession();
    await session[Symbol.asyncDispose]();
    await session[Symbol.asyncDispose]();
    await assert.rejects(session.run({ parent: null, code: "x = 1", keep: false }), {
      name: "RangeError",
      message: "Cannot run a step: its session is closed",
    });
  }],

  ["run() throws the reason of a signal that has aborted", async (sandbox) => {
    await using session = sandbox.openSession();
    const signal = AbortSignal.abort(new Error("enough"));
    await assert.rejects(session.run({ parent: null, code: "x = 1", keep: false }, { signal }), {
      message: "enough",
    });
  }],

  ["metrics() counts steps by status and live states come back to nothing", async (sandbox) => {
    const before = sandbox.metrics();
    {
      await using session = sandbox.openSession();
      const run = (code: string) => session.run({ parent: null, code, keep: true });
      await Promise.all([run("x = 1"), run("print('a')"), run("x = 1\nprint(x)\ny")]);
    }
    const { steps, stepsByStatus, liveStates, waiting, running } = sandbox.metrics();
    assert.deepEqual({ steps, stepsByStatus, liveStates, waiting, running }, {
      steps: before.steps + 3,
      stepsByStatus: {
        ...before.stepsByStatus,
        ok: before.stepsByStatus.ok + 2,
        error: before.stepsByStatus.error + 1,
      },
      liveStates: 0,
      waiting: 0,
      running: 0,
    });
  }],
];
