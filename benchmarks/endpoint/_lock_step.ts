/**
 * The scheduling of the released code, for comparison: a batch of problems moves in step. No problem of it is asked for its next segment
 * before all have been executed, none is executed before all have been answered, and an execution runs the whole path again.
 */
import type { Policy, SampleReply, SampleRequest } from "../../lib/endpoint/mod.ts";
import type { Sandbox, SandboxSession, StepState } from "../../lib/sandbox/mod.ts";

interface Waiting {
  readonly request: SampleRequest;
  readonly resolve: (reply: SampleReply) => void;
  readonly reject: (error: unknown) => void;
}

/** A policy that answers all searches of a batch together. Each has one request at a time. */
export class LockStepPolicy implements Policy {
  readonly description;
  readonly #policy: Policy;
  #searching: number;
  #waiting: Waiting[] = [];

  constructor(policy: Policy, batch: number) {
    this.#policy = policy;
    this.description = policy.description;
    this.#searching = batch;
  }

  sample(request: SampleRequest): Promise<SampleReply> {
    const { promise, resolve, reject } = Promise.withResolvers<SampleReply>();
    this.#waiting.push({ request, resolve, reject });
    this.#sendWhenComplete();
    return promise;
  }

  /** A search of the batch has ended. */
  leave(): void {
    this.#searching--;
    this.#sendWhenComplete();
  }

  #sendWhenComplete(): void {
    if (this.#waiting.length < this.#searching || this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    Promise.all(batch.map(({ request }) => this.#policy.sample(request))).then(
      (replies) => replies.forEach((reply, i) => batch[i]?.resolve(reply)),
      (error: unknown) => batch.forEach(({ reject }) => reject(error)),
    );
  }
}

/** A sandbox whose states are kept as text: every step runs the steps before it again. */
export function reExecutingSandbox(sandbox: Sandbox): Sandbox {
  return {
    info: sandbox.info,
    metrics: () => sandbox.metrics(),
    openSession: () => reExecutingSession(sandbox.openSession()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function reExecutingSession(session: SandboxSession): SandboxSession {
  const paths = new Map<number, string>();
  const prefixOf = (state: StepState | null) =>
    state === null ? "" : paths.get(state.stateId) ?? "";
  return {
    run: async ({ parent, code, keep }, options) => {
      const path = `${prefixOf(parent)}${code}\n`;
      const outcome = await session.run({ parent: null, code: path, keep: false }, options);
      if (outcome.status !== "ok" || !keep) return outcome;
      const state = { stateId: paths.size + 1 };
      paths.set(state.stateId, path);
      return { ...outcome, state };
    },
    release: () => {},
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
