import { fileURLToPath } from "node:url";
import { findExecutable } from "../../lib/process/mod.ts";
import { planLaunch } from "../../lib/sandbox/launch.ts";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import { openPythonSandbox, type Sandbox, type SandboxTier } from "../../lib/sandbox/mod.ts";
import { chosenTier } from "../../lib/sandbox/tier.ts";
import { startWorker, type Worker } from "../../lib/sandbox/worker.ts";

/** Python of the project's confined environment. */
export const INTERPRETER = fileURLToPath(
  new URL("../../.rstar/python/confined/bin/python", import.meta.url),
);

const BWRAP = await findExecutable("bwrap", Deno.env.get("PATH") ?? "");

/** Steps that the sandbox is measured on. */
export const STEPS = {
  trivial: "x = 1 + 1\nprint(x)",
  sympy: "import sympy as sp\nx = sp.symbols('x')\n" +
    "print(sp.solve(x**2 - 5*x + 6, x), sp.factor(x**3 - 1))",
} as const;

/** Opens a pool as the product does. */
export function openPool(workers: number): Promise<Sandbox> {
  return openPythonSandbox({ interpreter: INTERPRETER, bwrap: BWRAP, workers });
}

/** Opens one worker without pool and session, in any tier: also in `none`, which only a benchmark of trusted code may do. */
export async function openWorker(
  tier: Exclude<SandboxTier, "stub"> | null,
  options: { readonly maxStates?: number } = {},
): Promise<Worker> {
  const limits = resolveLimits();
  const plan = await planLaunch({
    interpreter: INTERPRETER,
    bwrap: BWRAP,
    limits,
    tier,
    probesAll: false,
    preload: null,
    maxStates: options.maxStates ?? 100,
    memoryReserveBytes: 0,
    tag: "",
  });
  const { command } = chosenTier(plan);
  return await startWorker({ command, environment: plan.environment, limits });
}

/** Runs a step from the root or a state and insists that it ends well. */
export async function runOk(
  worker: Worker,
  code: string,
  options: {
    readonly parent?: number;
    readonly prefix?: readonly string[];
    readonly keep?: boolean;
  } = {},
): Promise<{ readonly id: number; readonly stdout: string; readonly wallMs: number }> {
  const { parent = 0, prefix = [], keep = false } = options;
  const reply = await worker.run({ parent, prefix, code, keep });
  if (reply.status !== "ok") throw new Error(`${reply.status}: ${JSON.stringify(reply.error)}`);
  return { id: reply.id, stdout: reply.stdout, wallMs: reply.wall_us / 1_000 };
}
