import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InfrastructureError } from "../../lib/core/mod.ts";
import { runProcess } from "../../lib/process/mod.ts";
import { planLaunch } from "../../lib/sandbox/launch.ts";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import { PythonSession } from "../../lib/sandbox/session.ts";
import { chosenTier } from "../../lib/sandbox/tier.ts";
import { startWorker } from "../../lib/sandbox/worker.ts";
import { WorkerSlot } from "../../lib/sandbox/worker_slot.ts";
import { BWRAP, CANNOT_RUN, INTERPRETER, openReal, testReal, TIERS } from "../real_sandbox.ts";

const STEPS = fileURLToPath(new URL("_steps.ts", import.meta.url));
const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const DENO = ["run", "-A", "--quiet", "--no-check", STEPS];

testReal(
  "a host without the reserved memory keeps no state, and every child comes out right",
  async () => {
    await using sandbox = await openReal({ memoryReserveBytes: 2 ** 50 });
    await using session = sandbox.openSession();
    let parent = null;
    for (let depth = 1; depth <= 5; depth++) {
      const code = depth === 1 ? "total = sum(range(1_000_000))" : "total += 1";
      parent = (await session.run({ parent, code, keep: true })).state;
      assert(parent !== null);
    }
    const { stdout } = await session.run({ parent, code: "print(total)", keep: false });
    assert.equal(stdout, "499999500004\n");
    const { liveStates, replayedSteps, workersReplaced } = sandbox.metrics();
    assert.deepEqual([liveStates, workersReplaced], [0, 0]);
    assert(replayedSteps > 0);
  },
);

const ENVIRONMENT = Deno.env.toObject();
const plainRuns = new Map<string, Promise<string>>();

/** Returns what the steps print where nothing is odd; run once for all tests of a tier. */
function runPlainly(tier: string): Promise<string> {
  const run = async () => {
    const { code, stdout, stderr } = await runProcess(Deno.execPath(), [...DENO, tier], {
      env: ENVIRONMENT,
    });
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const running = plainRuns.get(tier) ?? run();
  plainRuns.set(tier, running);
  return running;
}

/** Environment variables that a user may have. Each could change what Python does, if it were inherited. */
const ODD_ENVIRONMENT = {
  LANG: "tr_TR.UTF-8",
  LC_ALL: "de_DE.ISO-8859-1",
  TZ: "Pacific/Kiritimati",
  PYTHONHASHSEED: "random",
  PYTHONOPTIMIZE: "2",
  PYTHONPATH: "/nonexistent",
  PYTHONHOME: "/nonexistent",
  PYTHONIOENCODING: "latin-1",
  PYTHONWARNINGS: "error",
  PYTHONINSPECT: "1",
  PYTHONMALLOC: "debug",
};

const READ_ONLY = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];

/** Why a test can have no disk of its own, which bubblewrap gives it; `null` when it can. */
const CANNOT_FILL = CANNOT_RUN ??
  (await succeeds([...READ_ONLY, "true"]) ? null : "needs a bubblewrap that works");

/** The same for a test that starts bubblewrap inside of that; AppArmor's profile for it may forbid it. */
const CANNOT_NEST = CANNOT_FILL ??
  (await succeeds([...READ_ONLY, BWRAP ?? "", ...READ_ONLY, "--unshare-all", "true"])
    ? null
    : "needs a bubblewrap that works inside of itself");

async function succeeds(args: readonly string[]): Promise<boolean> {
  return BWRAP !== null && (await runProcess(BWRAP, args, { env: ENVIRONMENT })).code === 0;
}

for (const tier of TIERS) {
  testReal(
    `tier ${tier}: locale, time zone and Python's own variables of the user change nothing`,
    async () => {
      const plain = await runPlainly(tier);
      const odd = await runProcess(Deno.execPath(), [...DENO, tier], {
        env: { ...ENVIRONMENT, ...ODD_ENVIRONMENT },
      });
      assert.equal(odd.code, 0, odd.stderr);
      assert.equal(odd.stdout, plain);
      const outcomes = JSON.parse(plain);
      assert.equal(outcomes[0].stdout, "('UTC', 'UTC') Thursday 01/01/70 .\n");
      assert.equal(outcomes[3].error.message, "asserts are on");
    },
  );

  const cannotFill = tier === "A" ? CANNOT_NEST : CANNOT_FILL;
  Deno.test({
    name: `tier ${tier}: a full disk, and one that cannot be written, change nothing` +
      (cannotFill === null ? "" : ` (${cannotFill})`),
    ignore: cannotFill !== null,
    fn: async () => {
      const plain = await runPlainly(tier);
      const fill = 'head -c 1000000 /dev/zero > /tmp/fill; echo x > /tmp/more; exec "$@"';
      const full = await runProcess(BWRAP ?? "", [
        ...[...READ_ONLY, "--size", "4096", "--tmpfs", "/tmp"],
        ...["--ro-bind", PROJECT, PROJECT], // which may lie in /tmp itself
        ...["sh", "-c", fill, "sh", Deno.execPath(), ...DENO, tier],
      ], { env: ENVIRONMENT });
      assert.equal(full.code, 0, full.stderr);
      assert.match(full.stderr, /No space left on device/);
      assert.equal(full.stdout, plain);
    },
  });
}

testReal(
  "a Python that is replaced under a running pool is refused clearly, or works",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const limits = resolveLimits();
      const plan = await planLaunch({
        interpreter: INTERPRETER,
        bwrap: null,
        limits,
        tier: "B",
        probesAll: false,
        preload: null,
        maxStates: 10,
        memoryReserveBytes: 0,
        tag: "",
      });
      const [python = "", ...args] = chosenTier(plan).command;
      const link = join(folder, "python");
      await Deno.symlink(python, link);
      const worker = { command: [link, ...args], environment: plan.environment, limits };
      await using slot = new WorkerSlot({
        start: () => startWorker(worker),
        pythonVersion: plan.python.version,
        onReplaced: () => {},
      });
      let states = 0;
      await using session = new PythonSession(slot, {
        limits,
        counters: {
          stepsByStatus: { ok: 0, error: 0, timeout: 0, memory: 0, output_truncated: 0 },
          evictedStates: 0,
          replayedSteps: 0,
          busyMs: 0,
        },
        nextStateId: () => ++states,
        sharesForks: true,
        hostPausesMs: [],
      });
      const code = "total = sum(range(1_000_000))";
      const { state } = await session.run({ parent: null, code, keep: true });
      const child = () => session.run({ parent: state, code: "print(total)", keep: false });

      const replace = async (make: () => Promise<void>) => {
        await Deno.remove(link);
        await make();
        const { worker } = await slot.connect().catch(() => ({ worker: null }));
        if (worker !== null) worker.giveUp("the test replaces Python");
      };
      await replace(() => Promise.resolve());
      await assert.rejects(child(), (error) => {
        assert(error instanceof InfrastructureError);
        assert.equal(error.message, `Cannot start "${link}": no such executable`);
        return true;
      });
      await Deno.writeTextFile(link, "#!/bin/sh\necho 'libpython3.so: not found' >&2\nexit 127\n", {
        mode: 0o755,
      });
      await assert.rejects(child(), {
        name: "SandboxUnavailableError",
        message: "Cannot use a sandbox worker: it ended with exit status 127; " +
          "standard error ends with: libpython3.so: not found",
      });
      await replace(() => Deno.symlink(python, link));
      assert.equal((await child()).stdout, "499999500000\n");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
