import type { SandboxUnavailableError } from "../core/mod.ts";
import { planLaunch } from "./launch.ts";
import { resolveLimits, type SandboxLimitOptions } from "./limits.ts";
import type { LaunchPlan } from "./messages.ts";
import type {
  Sandbox,
  SandboxInfo,
  SandboxMetrics,
  SandboxSession,
  SandboxTier,
} from "./sandbox.ts";
import { PythonSession, type SessionContext } from "./session.ts";
import {
  checkHost,
  checkUnsafe,
  chosenTier,
  startNotices,
  UNSAFE_WARNING,
  type UnsafeRequest,
  type WorkingTier,
} from "./tier.ts";
import { startWorker } from "./worker.ts";
import { WorkerSlot } from "./worker_slot.ts";

/** A host that is out of memory or processes may be so for a moment only. */
const HOST_PAUSES_MS = [50, 250, 1_000, 3_000];

/** Options of {@linkcode openPythonSandbox}. */
export interface PythonSandboxOptions {
  /** Python of the confined environment: full path of its own `bin/python`, not resolved. */
  readonly interpreter: string;
  /** Full path of bubblewrap; `null` where it is not installed (tier B then). */
  readonly bwrap: string | null;
  /** Workers, each on a core of its own. @default the number of cores */
  readonly workers?: number;
  readonly limits?: SandboxLimitOptions;
  /** Modules that the zygote has imported: sympy and numpy for steps, or a Python file of the caller, full path. @default "step" */
  readonly profile?: "step" | { readonly preload: string };
  /** Tier that is insisted on. @default the best one that works */
  readonly tier?: Exclude<SandboxTier, "stub" | "none">;
  /** States that are kept as processes, all workers together. @default 2000 */
  readonly maxLiveStates?: number;
  /** States are evicted while the host, or a control group that limits it, has less memory than this available, bytes. @default 1 GiB */
  readonly memoryReserveBytes?: number;
  /** Runs without confinement, if this is granted. */
  readonly unsafeNoSandbox?: UnsafeRequest | undefined;
  /** Word in the command lines of the workers, by which tests find their processes. @default "" */
  readonly tag?: string;
  /** Told what the user should know: the tier, a worker that was replaced, the danger of running unconfined. */
  readonly onNotice?: (text: string) => void;
  /** Cancels the start. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a pool of confined workers.
 *
 * @throws {SandboxUnavailableError} If this machine or this interpreter cannot confine, with cause and cure; or a worker does not
 * start.
 * @throws {UsageError} If confinement was declined in a way that is not granted.
 * @throws The signal's reason, when it aborts.
 */
export async function openPythonSandbox(options: PythonSandboxOptions): Promise<Sandbox> {
  checkHost(Deno.build.os);
  if (options.unsafeNoSandbox !== undefined) checkUnsafe(options.unsafeNoSandbox);
  const limits = resolveLimits(options.limits);
  const workers = options.workers ?? navigator.hardwareConcurrency;
  const maxLiveStates = options.maxLiveStates ?? 2_000;
  const memoryReserveBytes = options.memoryReserveBytes ?? 1024 ** 3;
  const { profile = "step" } = options;
  const preload = profile === "step" ? null : profile.preload;
  const plan = await planLaunch({
    interpreter: options.interpreter,
    bwrap: options.bwrap,
    limits,
    tier: options.unsafeNoSandbox === undefined ? options.tier ?? null : "none",
    probesAll: false,
    preload,
    maxStates: Math.ceil(maxLiveStates / workers),
    memoryReserveBytes,
    tag: options.tag ?? "",
  }, options);
  const tier = chosenTier(plan);
  const sandbox = new PythonSandbox(plan, tier, {
    info: {
      tier: tier.tier,
      description: tier.description,
      python: plan.python.version,
      packages: plan.packages,
      limits,
      workers,
    },
    isStepProfile: preload === null,
    memoryReserveBytes,
    onNotice: options.onNotice ?? (() => {}),
  });
  await sandbox.start(options);
  return sandbox;
}

interface PoolOptions {
  /** Whether the zygote has the libraries of steps, and not a module of the caller. */
  readonly isStepProfile: boolean;
  readonly info: SandboxInfo;
  readonly memoryReserveBytes: number;
  readonly onNotice: (text: string) => void;
}

class PythonSandbox implements Sandbox {
  readonly info: SandboxInfo;
  readonly #slots: readonly WorkerSlot[];
  readonly #context: SessionContext;
  readonly #onNotice: (text: string) => void;
  readonly #memoryReserveBytes: number;
  #workersReplaced = 0;

  constructor(plan: LaunchPlan, tier: WorkingTier, options: PoolOptions) {
    const { info } = options;
    this.info = Object.freeze(info);
    this.#onNotice = options.onNotice;
    this.#memoryReserveBytes = options.memoryReserveBytes;
    let lastStateId = 0;
    this.#context = {
      limits: info.limits,
      counters: {
        stepsByStatus: { ok: 0, error: 0, timeout: 0, memory: 0, output_truncated: 0 },
        evictedStates: 0,
        replayedSteps: 0,
        busyMs: 0,
      },
      nextStateId: () => ++lastStateId,
      sharesForks: options.isStepProfile,
      hostPausesMs: HOST_PAUSES_MS,
    };
    const worker = { command: tier.command, environment: plan.environment, limits: info.limits };
    this.#slots = Array.from({ length: info.workers }, () =>
      new WorkerSlot({
        start: () => startWorker(worker),
        pythonVersion: info.python,
        onReplaced: (reason) => this.#noteReplaced(reason),
      }));
    for (const notice of startNotices(plan, tier)) options.onNotice(notice);
  }

  /** Starts every worker; when one fails or the signal aborts, none is left. */
  async start({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const started = await Promise.allSettled(this.#slots.map((slot) => slot.connect()));
    const failed = started.find((result) => result.status === "rejected");
    if (failed === undefined && signal?.aborted !== true) return;
    await this[Symbol.asyncDispose]();
    signal?.throwIfAborted();
    throw failed?.reason;
  }

  openSession(): SandboxSession {
    const [first, ...others] = this.#slots;
    if (first === undefined) throw new RangeError("Cannot open a session: there is no worker");
    const slot = others.reduce((best, next) => load(next) < load(best) ? next : best, first);
    return new PythonSession(slot, this.#context);
  }

  metrics(): SandboxMetrics {
    const { stepsByStatus, evictedStates, replayedSteps, busyMs } = this.#context.counters;
    const sum = (value: (slot: WorkerSlot) => number) =>
      this.#slots.reduce((total, slot) => total + value(slot), 0);
    return {
      steps: Object.values(stepsByStatus).reduce((total, count) => total + count, 0),
      stepsByStatus: { ...stepsByStatus },
      liveStates: sum((slot) => slot.liveStates),
      maxLiveStates: sum((slot) => slot.ready?.max_states ?? 0),
      memoryReserveBytes: this.#memoryReserveBytes,
      evictedStates,
      replayedSteps,
      workersReplaced: this.#workersReplaced,
      waiting: sum((slot) => slot.waiting),
      running: sum((slot) => slot.running),
      busyMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#slots.map((slot) => slot[Symbol.asyncDispose]()));
    if (this.info.tier === "none") this.#onNotice(UNSAFE_WARNING);
  }

  #noteReplaced(reason: SandboxUnavailableError): void {
    this.#workersReplaced++;
    this.#onNotice(`Sandbox: a worker was lost and is replaced; ${reason.message}`);
  }
}

/** Sessions count most, as each of them will send more; steps in flight break ties. */
function load(slot: WorkerSlot): number {
  return slot.sessions + (slot.running + slot.waiting) / 1_000;
}
