import type { ExecutionStatus } from "../core/mod.ts";
import { resolveLimits } from "./limits.ts";
import type {
  Sandbox,
  SandboxInfo,
  SandboxMetrics,
  SandboxSession,
  StepOutcome,
  StepRequest,
  StepState,
} from "./sandbox.ts";

/** Outcome of a scripted step; a field left out is that of a step which prints nothing and succeeds. */
export type StubOutcome = Partial<Omit<StepOutcome, "state">>;

/**
 * Decides what a step does from the codes of its path, the step itself last.
 * May throw (to play a lost sandbox) or answer late. `undefined` is a step that prints nothing and succeeds.
 */
export type StubScript = (
  path: readonly string[],
) => StubOutcome | undefined | Promise<StubOutcome | undefined>;

/**
 * A sandbox that interprets nothing: every outcome comes from a script. For tests of other rooms, and for measuring them alone.
 *
 * @param script Left out, every step succeeds and prints nothing.
 */
export function openStubSandbox(script: StubScript = () => undefined): Sandbox {
  return new StubSandbox(script);
}

interface StubCounters {
  readonly stepsByStatus: Record<ExecutionStatus, number>;
  running: number;
  liveStates: number;
  lastStateId: number;
}

class StubSandbox implements Sandbox {
  readonly info: SandboxInfo = Object.freeze({
    tier: "stub",
    description: "a stub that runs nothing",
    python: "0.0.0",
    packages: {},
    limits: resolveLimits(),
    workers: 1,
  });
  readonly #script: StubScript;
  readonly #counters: StubCounters = {
    stepsByStatus: { ok: 0, error: 0, timeout: 0, memory: 0, output_truncated: 0 },
    running: 0,
    liveStates: 0,
    lastStateId: 0,
  };

  constructor(script: StubScript) {
    this.#script = script;
  }

  openSession(): SandboxSession {
    return new StubSession(this.#script, this.#counters);
  }

  metrics(): SandboxMetrics {
    const { stepsByStatus, running, liveStates } = this.#counters;
    return {
      steps: Object.values(stepsByStatus).reduce((total, count) => total + count, 0),
      stepsByStatus: { ...stepsByStatus },
      liveStates,
      maxLiveStates: Number.MAX_SAFE_INTEGER,
      memoryReserveBytes: 0,
      evictedStates: 0,
      replayedSteps: 0,
      workersReplaced: 0,
      waiting: 0,
      running,
      busyMs: 0,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}

class StubSession implements SandboxSession {
  readonly #script: StubScript;
  readonly #counters: StubCounters;
  readonly #paths = new Map<number, readonly string[]>();
  #isClosed = false;

  constructor(script: StubScript, counters: StubCounters) {
    this.#script = script;
    this.#counters = counters;
  }

  async run(
    request: StepRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<StepOutcome> {
    const path = [...this.#path(request.parent), request.code];
    signal?.throwIfAborted();
    this.#counters.running++;
    try {
      const scripted = await this.#script(path);
      signal?.throwIfAborted();
      if (this.#isClosed) throw closedError();
      return this.#outcome(path, { scripted, keep: request.keep });
    } finally {
      this.#counters.running--;
    }
  }

  release(state: StepState): void {
    if (this.#paths.delete(state.stateId)) this.#counters.liveStates--;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#counters.liveStates -= this.#paths.size;
    this.#paths.clear();
    await Promise.resolve();
  }

  #path(state: StepState | null): readonly string[] {
    if (this.#isClosed) throw closedError();
    if (state === null) return [];
    const path = this.#paths.get(state.stateId);
    if (path !== undefined) return path;
    throw new RangeError(
      `Cannot run a step: state ${state.stateId} was released or belongs to another session`,
    );
  }

  #outcome(
    path: readonly string[],
    options: { readonly scripted: StubOutcome | undefined; readonly keep: boolean },
  ): StepOutcome {
    const outcome: StepOutcome = {
      status: "ok",
      stdout: "",
      value: null,
      error: null,
      wallMs: 0,
      cpuMs: 0,
      memoryBytes: 0,
      ...options.scripted,
      state: null,
    };
    this.#counters.stepsByStatus[outcome.status]++;
    if (outcome.status !== "ok" || !options.keep) return outcome;
    const stateId = ++this.#counters.lastStateId;
    this.#paths.set(stateId, path);
    this.#counters.liveStates++;
    return { ...outcome, state: { stateId } };
  }
}

function closedError(): RangeError {
  return new RangeError("Cannot run a step: its session is closed");
}
