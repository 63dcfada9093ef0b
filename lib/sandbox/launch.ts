import { SandboxUnavailableError } from "../core/mod.ts";
import { runProcess } from "../process/mod.ts";
import { type LaunchPlan, LaunchReply, type TierPlan } from "./messages.ts";
import { pythonFile } from "./_python_file.ts";
import { resolveLimits } from "./limits.ts";
import type { SandboxLimits, SandboxTier } from "./sandbox.ts";

/** Settings of a worker, in the harness's own terms. */
export interface LaunchOptions {
  /** Python of the confined environment, full path, not resolved. */
  readonly interpreter: string;
  /** Full path of bubblewrap; `null` where it is not installed. */
  readonly bwrap: string | null;
  readonly limits: SandboxLimits;
  /** Tier that is insisted on; `null` takes the best one that works. */
  readonly tier: Exclude<SandboxTier, "stub"> | null;
  /** Try every tier, for a report. */
  readonly probesAll: boolean;
  /** Module that the zygote imports in place of sympy and numpy; full path. */
  readonly preload: string | null;
  /** Live states of one worker. */
  readonly maxStates: number;
  readonly memoryReserveBytes: number;
  /** Word in the command line of the workers, by which a test finds its processes. */
  readonly tag: string;
}

/** Long enough for probes of every tier on a busy machine. */
const LAUNCH_TIMEOUT_MS = 120_000;

/**
 * Asks the launcher which confinement works here, by trying real snippets, and how a worker is started.
 *
 * @throws {SandboxUnavailableError} If the interpreter will not do, or the launcher fails.
 * @throws The signal's reason, when it aborts.
 */
export async function planLaunch(
  options: LaunchOptions,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LaunchPlan> {
  const { limits } = options;
  const request = {
    tier: options.tier,
    probe_all: options.probesAll,
    bwrap: options.bwrap,
    preload: options.preload,
    limits: {
      wall_ms: limits.wallMs,
      cpu_ms: limits.cpuMs,
      memory_bytes: limits.memoryBytes,
      max_output_bytes: limits.maxOutputBytes,
      kept_output_bytes: limits.keptOutputBytes,
      max_code_bytes: limits.maxCodeBytes,
    },
    max_states: options.maxStates,
    memory_reserve_bytes: options.memoryReserveBytes,
    tag: options.tag,
  };
  const timeout = AbortSignal.timeout(LAUNCH_TIMEOUT_MS);
  const output = await runProcess(
    options.interpreter,
    ["-s", "-P", pythonFile("supervisor/launch.py")],
    {
      input: JSON.stringify(request),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    },
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new SandboxUnavailableError(
      `Cannot prepare the sandbox with "${options.interpreter}": ${
        error instanceof Error ? error.message : String(error)
      }`,
      { cause: error },
    );
  });
  return readReply(output, options.interpreter);
}

function readReply(
  output: { readonly code: number; readonly stdout: string; readonly stderr: string },
  interpreter: string,
): LaunchPlan {
  const fail = (reason: string, cause?: unknown) =>
    new SandboxUnavailableError(`Cannot prepare the sandbox with "${interpreter}": ${reason}`, {
      cause,
    });
  if (output.code !== 0) {
    throw fail(`the launcher ended with exit status ${output.code}: ${output.stderr}`);
  }
  let reply: LaunchReply;
  try {
    reply = LaunchReply.parse(JSON.parse(output.stdout));
  } catch (error) {
    throw fail("the launcher's answer is not a launch plan", error);
  }
  if ("error" in reply) {
    const { message, cause, cure } = reply.error;
    throw fail(`${message} (${cause}); ${cure}`);
  }
  return reply;
}

/**
 * Tries every tier on this machine, for a report to people.
 *
 * @returns The tiers, best first, each with its checks, or cause and cure.
 * @throws {SandboxUnavailableError} If the interpreter will not do, or the launcher fails.
 */
export async function probeTiers(
  options: Pick<LaunchOptions, "interpreter" | "bwrap">,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly TierPlan[]> {
  const plan = await planLaunch({
    ...options,
    limits: resolveLimits(),
    tier: null,
    probesAll: true,
    preload: null,
    maxStates: 0,
    memoryReserveBytes: 0,
    tag: "",
  }, { signal });
  return plan.tiers;
}
