import assert from "node:assert/strict";
import { seededRandom } from "../../lib/core/mod.ts";
import type { Sandbox, StepOutcome } from "../../lib/sandbox/sandbox.ts";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import { planLaunch } from "../../lib/sandbox/launch.ts";
import { chosenTier } from "../../lib/sandbox/tier.ts";
import { startWorker, type Worker } from "../../lib/sandbox/worker.ts";
import { generatePath } from "./_generate_path.ts";
import { BWRAP, INTERPRETER, openReal, testReal, TIERS } from "../real_sandbox.ts";

const PATHS = 300;

/** Part of an outcome that must not depend on the way: everything but measurements and the handle. */
type Told = Pick<StepOutcome, "status" | "stdout" | "value" | "error">;

/** Every state is kept as a process and its child forked from it. */
async function runLive(worker: Worker, path: readonly string[]): Promise<Told[]> {
  const told: Told[] = [];
  const kept: number[] = [];
  for (const code of path) {
    const parent = kept.at(-1) ?? 0;
    const reply = await worker.run({ parent, prefix: [], code, keep: true });
    assert.notEqual(reply.status, "evicted");
    if (reply.kept) kept.push(reply.id);
    told.push(tell(reply));
  }
  worker.release(kept);
  return told;
}

/** Nothing is kept: each step replays its whole path from the root. */
async function runReplayed(worker: Worker, path: readonly string[]): Promise<Told[]> {
  const told: Told[] = [];
  const prefix: string[] = [];
  for (const code of path) {
    const reply = await worker.run({ parent: 0, prefix: [...prefix], code, keep: false });
    if (reply.status === "ok") prefix.push(code);
    told.push(tell(reply));
  }
  return told;
}

/** As search does it: the session decides. */
async function runInSession(sandbox: Sandbox, path: readonly string[]): Promise<Told[]> {
  await using session = sandbox.openSession();
  const told: Told[] = [];
  let parent = null;
  for (const code of path) {
    const outcome: StepOutcome = await session.run({ parent, code, keep: true });
    parent = outcome.state ?? parent;
    told.push(tell(outcome));
  }
  return told;
}

function tell(
  from: { status: string; stdout: string; value: string | null; error: unknown },
): Told {
  const { status, stdout, value, error } = from as Told;
  return { status, stdout, value, error };
}

for (const tier of TIERS) {
  testReal(
    `tier ${tier}: ${PATHS} generated paths give the same outcomes live, replayed and in a session`,
    async () => {
      const limits = resolveLimits();
      const plan = await planLaunch({
        interpreter: INTERPRETER,
        bwrap: BWRAP,
        limits,
        tier,
        probesAll: false,
        preload: null,
        maxStates: 100,
        memoryReserveBytes: 0,
        tag: "",
      });
      const { command } = chosenTier(plan);
      const options = { command, environment: plan.environment, limits };
      await using live = await startWorker(options);
      await using replayed = await startWorker(options);
      await using sandbox = await openReal({ tier });
      const random = seededRandom(20_260_101);
      for (let i = 0; i < PATHS; i++) {
        const path = generatePath(random);
        const [a, b, c] = await Promise.all([
          runLive(live, path),
          runReplayed(replayed, path),
          runInSession(sandbox, path),
        ]);
        assert.deepEqual(b, a, `path ${i}: ${JSON.stringify(path)}`);
        assert.deepEqual(c, a, `path ${i}: ${JSON.stringify(path)}`);
      }
    },
  );
}
