/**
 * The contract of step execution: run one step of Python in the state that its ancestors left, confined.
 * Implementations: `python_sandbox.ts` (real), `stub_sandbox.ts` (for tests of other rooms).
 *
 * Invariant: what a step does is a value ({@linkcode StepOutcome}); what the machinery does is an exception
 * (`SandboxUnavailableError`). Whether a state is live or rebuilt by replaying its path never shows in an outcome.
 */
import type { ExecutionStatus } from "../core/mod.ts";

/** Names the namespace that a step left behind. Valid until released or until its session is closed. */
export interface StepState {
  readonly stateId: number;
}

/** One step to run. */
export interface StepRequest {
  /** State to start from; `null` is the root (a clean namespace). */
  readonly parent: StepState | null;
  /** Python source, at most `limits.maxCodeBytes` bytes of UTF-8. */
  readonly code: string;
  /** Whether the state after the step will be needed; a failed step never leaves one. */
  readonly keep: boolean;
}

/** Why a step failed. */
export interface StepError {
  /** Name of the exception class; `crashed` for a process that died, and did so again. */
  readonly type: string;
  readonly message: string;
  /** One-based line within the step's own code; `null` when unknown. */
  readonly line: number | null;
}

/** Result of running a step. */
export interface StepOutcome {
  readonly status: ExecutionStatus;
  /** Printed text, valid Unicode, cut to `limits.keptOutputBytes`. */
  readonly stdout: string;
  /** `repr` of a last bare expression; `null` when there is none or its value is `None`. */
  readonly value: string | null;
  readonly error: StepError | null;
  /** Measured by the supervisor, not by the step. */
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Estimate of the memory that the step touched, bytes. */
  readonly memoryBytes: number;
  /** Set when the step ended `ok` and `keep` was asked for. */
  readonly state: StepState | null;
}

/** The states of one search tree; all of them live on one worker. Closing releases every state. */
export interface SandboxSession extends AsyncDisposable {
  /**
   * Runs one step.
   *
   * @throws {SandboxUnavailableError} If the worker was lost and could not be replaced.
   * @throws {RangeError} If the parent was released or belongs to another session.
   */
  run(
    request: StepRequest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<StepOutcome>;
  /** Gives a state up. Releasing twice is harmless. */
  release(state: StepState): void;
}

/** A pool of confined workers. */
export interface Sandbox extends AsyncDisposable {
  /** Facts about the confinement of the steps and the Python that runs them; stored with every run. */
  readonly info: SandboxInfo;
  /** Opens the states of one tree on the least loaded worker. */
  openSession(): SandboxSession;
  /** Counters since the start. */
  metrics(): SandboxMetrics;
}

/**
 * Tiers of confinement (docs/security.md, "What is promised, by tier"). `none` only behind the flag that names the danger; `stub` runs
 * nothing.
 */
export const SANDBOX_TIERS = ["A", "B", "C", "none", "stub"] as const;

/** Tier of confinement. */
export type SandboxTier = typeof SANDBOX_TIERS[number];

/** Provenance of executions. */
export interface SandboxInfo {
  readonly tier: SandboxTier;
  /** One sentence on what confines the steps. */
  readonly description: string;
  readonly python: string;
  /** Versions of the libraries that steps can import, e.g. `{sympy: "1.14.0"}`. */
  readonly packages: Readonly<Record<string, string>>;
  readonly limits: SandboxLimits;
  readonly workers: number;
}

/** Limits of one step. Defaults: `limits.ts`. */
export interface SandboxLimits {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Address space above that of the warm zygote. */
  readonly memoryBytes: number;
  /** Printing more than this is `output_truncated`. */
  readonly maxOutputBytes: number;
  /** How much of the output the outcome keeps. */
  readonly keptOutputBytes: number;
  readonly maxCodeBytes: number;
}

/** Counters of a sandbox. Times in milliseconds, sizes in bytes. */
export interface SandboxMetrics {
  readonly steps: number;
  readonly stepsByStatus: Readonly<Record<ExecutionStatus, number>>;
  /** States held as processes, as far as the workers have told. */
  readonly liveStates: number;
  /** How many states the workers may hold together, each an equal share. */
  readonly maxLiveStates: number;
  /** States are evicted while the host has less memory available. */
  readonly memoryReserveBytes: number;
  /** Live states that were found gone when they were needed. */
  readonly evictedStates: number;
  /** Steps run once more to rebuild a state. */
  readonly replayedSteps: number;
  readonly workersReplaced: number;
  /** Steps that wait for a worker, and steps that run. */
  readonly waiting: number;
  readonly running: number;
  readonly busyMs: number;
}
