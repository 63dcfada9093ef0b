import { planLaunch } from "../../lib/sandbox/launch.ts";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import type { SandboxTier } from "../../lib/sandbox/sandbox.ts";
import { chosenTier } from "../../lib/sandbox/tier.ts";
import { startWorker, type Worker } from "../../lib/sandbox/worker.ts";
import { BWRAP, INTERPRETER } from "../real_sandbox.ts";

/** Starts one worker of a tier, without pool and session. `tag`: word in its command line, and in those of all its processes. */
export async function openWorkerIn(
  tier: Exclude<SandboxTier, "stub">,
  { tag = "" }: { readonly tag?: string } = {},
): Promise<Worker> {
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
    tag,
  });
  const { command } = chosenTier(plan);
  return await startWorker({ command, environment: plan.environment, limits });
}
