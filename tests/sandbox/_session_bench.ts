import assert from "node:assert/strict";
import type { StepOutcome, StepState } from "../../lib/sandbox/sandbox.ts";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import { PythonSession, type SessionContext } from "../../lib/sandbox/session.ts";
import { startWorker } from "../../lib/sandbox/worker.ts";
import { WorkerSlot } from "../../lib/sandbox/worker_slot.ts";
import { fakeWorker } from "./_open_fake.ts";

/** A session on a fake worker: `stdout` is the path that the worker ran, `value` how many codes it had to replay. */
export class Bench implements AsyncDisposable {
  readonly replaced: string[] = [];
  readonly slot = new WorkerSlot({
    start: () => startWorker(fakeWorker(this.#modes.shift())),
    pythonVersion: "3.11.7",
    onReplaced: (reason) => this.replaced.push(reason.message),
  });
  readonly context: SessionContext;
  readonly session: PythonSession;

  /** How the first workers start; those after them are in order. */
  readonly #modes: string[];

  constructor(
    { hostPausesMs = [1, 2], modes = [], sharesForks = true }: {
      readonly hostPausesMs?: readonly number[];
      readonly modes?: readonly string[];
      readonly sharesForks?: boolean;
    } = {},
  ) {
    this.#modes = [...modes];
    let lastStateId = 0;
    this.context = {
      limits: resolveLimits(),
      counters: {
        stepsByStatus: { ok: 0, error: 0, timeout: 0, memory: 0, output_truncated: 0 },
        evictedStates: 0,
        replayedSteps: 0,
        busyMs: 0,
      },
      nextStateId: () => ++lastStateId,
      sharesForks,
      hostPausesMs,
    };
    this.session = new PythonSession(this.slot, this.context);
  }

  async keep(code: string, parent: StepState | null = null): Promise<StepState> {
    const { state } = await this.session.run({ parent, code, keep: true });
    assert(state !== null);
    return state;
  }

  run(code: string, parent: StepState | null = null): Promise<StepOutcome> {
    return this.session.run({ parent, code, keep: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.slot[Symbol.asyncDispose]();
  }
}

/** The path that the worker ran, and how many codes it replayed for that. */
export function told({ stdout, value }: StepOutcome): { path: string; replayed: number } {
  return { path: stdout, replayed: Number(value) };
}
