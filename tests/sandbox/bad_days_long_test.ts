import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProcess, startProcess } from "../../lib/process/mod.ts";
import type { Sandbox, SandboxSession, StepState } from "../../lib/sandbox/sandbox.ts";
import { descendantsOf, processesWith, processState, until } from "./_processes.ts";
import { INTERPRETER, openReal, testReal, TIERS } from "../real_sandbox.ts";

const SLOW = "total = sum(range(1_000_000))";

/** Limits of a step. */
const SECOND = { wallMs: 1_000, cpuMs: 1_000 };

function newTag(): string {
  return `rstar-test-${crypto.randomUUID()}`;
}

async function keep(
  session: SandboxSession,
  code: string,
  parent: StepState | null,
): Promise<StepState> {
  const { state } = await session.run({ parent, code, keep: true });
  assert(state !== null);
  return state;
}

/** Two kept steps; the worker is hurt; then a child of the second must come out right, from a replacement. */
async function survive(sandbox: Sandbox, hurt: () => Promise<void>): Promise<void> {
  await using session = sandbox.openSession();
  const first = await keep(session, SLOW, null);
  const second = await keep(session, "total += 1", first);
  await hurt();
  const { stdout } = await session.run({ parent: second, code: "print(total)", keep: false });
  assert.equal(stdout, "499999500001\n");
}

for (const tier of TIERS) {
  testReal(
    `tier ${tier}: a killed supervisor is replaced, its states replay, nothing of it runs on`,
    async () => {
      const tag = newTag();
      {
        await using sandbox = await openReal({ tier, tag });
        await survive(sandbox, async () => {
          const [top] = await ours(tag);
          assert(top !== undefined);
          Deno.kill(top, "SIGKILL");
          await until(async () => !(await processesWith(tag)).includes(top));
        });
        assert.equal(sandbox.metrics().workersReplaced, 1);
      }
      const left = await processesWith(tag);
      // Without a pid namespace nobody is left to end the stopped states of a supervisor that was killed (docs/security.md,
      // "What is promised, by tier").
      if (tier === "A") assert.deepEqual(left, []);
      for (const pid of left) {
        assert.equal(await processState(pid), "T");
        Deno.kill(pid, "SIGKILL");
      }
    },
  );

  testReal(`tier ${tier}: a killed zygote is replaced`, async () => {
    const tag = newTag();
    {
      await using sandbox = await openReal({ tier, tag });
      await survive(sandbox, async () => {
        const zygote = await zygoteOf(tag, tier);
        Deno.kill(zygote, "SIGKILL");
        await until(async () => !(await processesWith(tag)).includes(zygote));
      });
      assert.equal(sandbox.metrics().workersReplaced, 1);
    }
    assert.deepEqual(await processesWith(tag), []);
  });

  testReal(
    `tier ${tier}: a step whose process is killed is run again; one that is killed each time has crashed`,
    async () => {
      const tag = newTag();
      await using sandbox = await openReal({ tier, tag });
      await using session = sandbox.openSession();
      const parent = await keep(session, SLOW, null);
      const kept = new Set(await processesWith(tag));
      const killSteps = async () => {
        const steps = (await processesWith(tag)).filter((pid) => !kept.has(pid));
        for (const pid of steps) Deno.kill(pid, "SIGKILL");
        return steps.length > 0;
      };
      const count = "n = 0\nwhile n < 20_000_000: n += 1\nprint(n + total)";
      const counting = session.run({ parent, code: count, keep: false });
      await until(killSteps);
      assert.equal((await counting).stdout, "500019500000\n");
      let hasEnded = false;
      const endless = session.run({ parent: null, code: "while True: pass", keep: false })
        .finally(() => hasEnded = true);
      await until(async () => {
        await killSteps();
        return hasEnded;
      });
      const { status, error } = await endless;
      assert.deepEqual([status, error?.type], ["error", "crashed"]);
      assert.equal(sandbox.metrics().workersReplaced, 0);
    },
  );

  testReal(`tier ${tier}: waiting for a core counts against no step's time`, async () => {
    const tag = newTag();
    await using sandbox = await openReal({ tier, tag, limits: SECOND });
    await using session = sandbox.openSession();
    for (const pid of await processesWith(tag)) await pinToOneCore(pid);
    const code = "import time\nwhile time.process_time() < 0.6: pass\nprint('done')";
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => session.run({ parent: null, code, keep: false })),
    );
    assert.deepEqual(outcomes.map(({ stdout }) => stdout), Array(4).fill("done\n"));
    assert(outcomes.some(({ wallMs }) => wallMs > 1_500), "they shared a core");
    const endless = await session.run({ parent: null, code: "while True: pass", keep: false });
    assert.equal(endless.status, "timeout");
  });

  testReal(`tier ${tier}: a machine that is suspended takes no step's time`, async () => {
    const tag = newTag();
    await using sandbox = await openReal({ tier, tag, limits: SECOND });
    await using session = sandbox.openSession();
    const before = new Set(await processesWith(tag));
    const code = "import time\ntime.sleep(0.9)\nprint('done')";
    const step = session.run({ parent: null, code, keep: false });
    await until(async () => (await processesWith(tag)).some((pid) => !before.has(pid)));
    const all = await processesWith(tag);
    for (const pid of all) Deno.kill(pid, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    for (const pid of all.toReversed()) Deno.kill(pid, "SIGCONT");
    assert.equal((await step).stdout, "done\n");
  });

  testReal(`tier ${tier}: nothing survives a harness that is killed`, async () => {
    const tag = newTag();
    const script = fileURLToPath(new URL("_harness.ts", import.meta.url));
    await using harness = startProcess(Deno.execPath(), ["run", "-A", script, tag, tier], {
      env: Deno.env.toObject(),
    });
    const output = harness.stdout.getReader();
    const { value } = await output.read();
    assert.equal(new TextDecoder().decode(value), "running\n", harness.stderrTail);
    assert((await descendantsOf(harness.pid)).length >= 6);
    harness.kill();
    await harness.status;
    await until(async () => (await processesWith(tag)).length === 0);
    await output.cancel();
  });

  testReal(
    `tier ${tier}: one worker of two crashes again and again, the other never notices`,
    async () => {
      const tag = newTag();
      await using sandbox = await openReal({ tier, tag, workers: 2 });
      await using calm = sandbox.openSession();
      await using hurt = sandbox.openSession();
      const state = await keep(calm, SLOW, null);
      for (let round = 0; round < 3; round++) {
        const steps = [calm, hurt].map((session) =>
          session.run({ parent: null, code: `${SLOW}\nprint(total)`, keep: false })
        );
        const tops = await ours(tag);
        Deno.kill(tops[round % tops.length] ?? 0, "SIGKILL");
        for (const { stdout } of await Promise.all(steps)) assert.equal(stdout, "499999500000\n");
      }
      const child = await calm.run({ parent: state, code: "print(total)", keep: false });
      assert.equal(child.stdout, "499999500000\n");
    },
  );
}

testReal("a Python without sympy is refused with the missing module and the cure", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { code } = await runProcess(INTERPRETER, ["-m", "venv", "--without-pip", folder]);
    assert.equal(code, 0);
    await assert.rejects(openReal({ interpreter: `${folder}/bin/python` }), {
      name: "SandboxUnavailableError",
      message: /sympy.*\(missing-module\); \S/,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testReal("states beyond the limit are evicted, and their children come out right", async () => {
  // Without a reserve: a host that happens to be short of memory would keep no state, and none would be left to evict.
  await using sandbox = await openReal({ maxLiveStates: 4, memoryReserveBytes: 0 });
  await using session = sandbox.openSession();
  const states = [];
  // On a fast machine too it takes longer than a fork: what takes less is not kept.
  const slow = "total = sum(range(4_000_000))";
  for (let i = 0; i < 12; i++) states.push(await keep(session, `${slow}\nn = ${i}`, null));
  for (const [i, parent] of states.entries()) {
    const { stdout } = await session.run({ parent, code: "print(n, total)", keep: false });
    assert.equal(stdout, `${i} 7999998000000\n`);
  }
  const metrics = sandbox.metrics();
  assert(metrics.evictedStates >= 8, JSON.stringify(metrics));
});

/** Lets a process run on one core alone: the first that this one may use. */
async function pinToOneCore(pid: number): Promise<void> {
  const status = await Deno.readTextFile("/proc/self/status");
  const core = /^Cpus_allowed_list:\s*(\d+)/m.exec(status)?.[1] ?? "";
  const { success } = await new Deno.Command("taskset", { args: ["-pc", core, `${pid}`] }).output();
  assert(success);
}

/** Processes that this one started for a tag: one per worker, in order of age. */
async function ours(tag: string): Promise<number[]> {
  const tagged = await processesWith(tag);
  const below = new Set((await Promise.all(tagged.map(descendantsOf))).flat());
  return tagged.filter((pid) => !below.has(pid)).sort((a, b) => a - b);
}

/** The first process that the supervisor started; in tier A the supervisor itself is the first one that bubblewrap started. */
async function zygoteOf(tag: string, tier: string): Promise<number> {
  const [top] = await ours(tag);
  assert(top !== undefined);
  const zygote = (await descendantsOf(top)).sort((a, b) => a - b)[tier === "A" ? 1 : 0];
  assert(zygote !== undefined);
  return zygote;
}
