import { SandboxUnavailableError } from "../core/mod.ts";
import { MAX_REQUEST_BYTES } from "./frames.ts";
import type { RunReply } from "./messages.ts";
import { codesBetween, type PathNode } from "./_path_node.ts";
import { failure, outcomeOf } from "./_outcome.ts";
import { type Candidate, CandidateGroups, mayShare } from "./_candidates.ts";
import { replayMs, type SessionContext, StateRunner } from "./_state_runner.ts";
import type { SandboxSession, StepError, StepOutcome, StepRequest, StepState } from "./sandbox.ts";
import type { WorkerLink, WorkerSlot } from "./worker_slot.ts";

export type { SessionContext } from "./_state_runner.ts";

/** Longest path that a worker replays (PROTOCOL.md 4). */
const MAX_DEPTH = 1_024;

/** Bytes of a request that are not code, and then some. */
const REQUEST_OVERHEAD_BYTES = 64 * 1024;

/**
 * The states of one tree on one worker.
 *
 * Invariant: a state is its path. Whether a process holds it is a matter of speed: what is not live is rebuilt from the nearest
 * live ancestor, and the outcomes are the same.
 */
export class PythonSession implements SandboxSession {
  readonly #slot: WorkerSlot;
  readonly #context: SessionContext;
  readonly #states = new Map<number, PathNode>();
  readonly #root: PathNode = {
    parent: null,
    code: "",
    depth: 0,
    pathMs: 0,
    pathBytes: 0,
    live: null,
    rebuilding: null,
    isReleased: false,
    isSolitary: false,
  };
  readonly #closing = new AbortController();
  readonly #runner: StateRunner;
  readonly #candidates = new CandidateGroups((parent, group) => this.#runGroup(parent, group));
  /** Signals of callers, each with the session's own end. */
  readonly #signals = new WeakMap<AbortSignal, AbortSignal>();

  constructor(slot: WorkerSlot, context: SessionContext) {
    this.#slot = slot;
    this.#context = context;
    this.#runner = new StateRunner(slot, context, this.#closing.signal);
    slot.sessions++;
  }

  async run(
    request: StepRequest,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<StepOutcome> {
    const parent = this.#node(request.parent);
    const pathBytes = parent.pathBytes + jsonBytes(request.code);
    const refusal = this.#refusal(request.code, { depth: parent.depth + 1, pathBytes });
    const outcome = refusal === null
      ? await this.#runCandidate(parent, {
        request,
        pathBytes,
        signal: this.#signal(options.signal),
      })
      : failure("error", refusal);
    this.#context.counters.stepsByStatus[outcome.status]++;
    this.#context.counters.busyMs += outcome.wallMs;
    return outcome;
  }

  release(state: StepState): void {
    const node = this.#states.get(state.stateId);
    if (node === undefined) return;
    this.#states.delete(state.stateId);
    this.#runner.release([node]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    this.#slot.sessions--;
    this.#runner.release([...this.#states.values()]);
    this.#states.clear();
    await Promise.resolve();
  }

  #node(state: StepState | null): PathNode {
    if (this.#closing.signal.aborted) throw closedError();
    if (state === null) return this.#root;
    const node = this.#states.get(state.stateId);
    if (node !== undefined) return node;
    throw new RangeError(
      `Cannot run a step: state ${state.stateId} was released or belongs to another session`,
    );
  }

  #signal(signal: AbortSignal | undefined): AbortSignal {
    const closing = this.#closing.signal;
    if (signal === undefined) return closing;
    const known = this.#signals.get(signal) ?? AbortSignal.any([signal, closing]);
    this.#signals.set(signal, known);
    return known;
  }

  /** Reason to refuse a step without running it, or `null`: the same whether the path is live or not, so it is asked for first. */
  #refusal(code: string, path: { depth: number; pathBytes: number }): StepError | null {
    const { maxCodeBytes } = this.#context.limits;
    const message = exceedsBytes(code, maxCodeBytes)
      ? `the step is longer than ${maxCodeBytes} bytes`
      : path.depth > MAX_DEPTH
      ? `the path has more than ${MAX_DEPTH} steps`
      : path.pathBytes > MAX_REQUEST_BYTES - REQUEST_OVERHEAD_BYTES
      ? `the steps of the path are longer than ${MAX_REQUEST_BYTES} bytes in all`
      : null;
    return message === null ? null : { type: "ValueError", message, line: null };
  }

  async #runCandidate(
    parent: PathNode,
    step: Omit<Candidate, "settle">,
  ): Promise<StepOutcome> {
    if (!this.#context.sharesForks || !mayShare(parent, step)) {
      return await this.#runAlone(parent, step);
    }
    const settle = Promise.withResolvers<StepOutcome>();
    this.#slot.gathering++;
    this.#candidates.join(parent, { ...step, settle });
    return await settle.promise;
  }

  #runGroup(parent: PathNode, group: readonly Candidate[]): void {
    this.#slot.gathering -= group.length;
    const alone = (candidate: Candidate) => {
      this.#runAlone(parent, candidate).then(candidate.settle.resolve, candidate.settle.reject);
    };
    if (group.length === 1) group.forEach(alone);
    else {
      this.#runTogether(parent, group).then((left) => left.forEach(alone), (error) => {
        for (const { settle } of group) settle.reject(error);
      });
    }
  }

  /** Runs candidates of a node in one process, and settles those that may. @returns Those that must run alone. */
  async #runTogether(
    parent: PathNode,
    group: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    const [{ signal } = { signal: this.#closing.signal }] = group;
    return await this.#slot.withTurn(async () => {
      const link = await this.#slot.connect();
      // A dear path is worth a process, from which each candidate is forked.
      if (parent.pathMs >= link.forkMs) return group;
      const prefix = codesBetween(this.#root, parent);
      const codes = group.map(({ request }) => request.code);
      const replies = await link.worker.runBatch({ prefix, codes }, { signal });
      return group.filter((candidate, i) => {
        const reply = replies[i];
        if (reply === undefined || reply.status === "alone") {
          if (reply?.error?.type === "PathAlone") parent.isSolitary = true;
          return true;
        }
        this.#context.counters.replayedSteps += prefix.length;
        candidate.settle.resolve(this.#leaveState(parent, candidate, { reply, link }));
        return false;
      });
    }, { signal, steps: group.length }).catch((error: unknown) => {
      // The worker is lost, which says nothing of any of them: alone each finds another one.
      if (error instanceof SandboxUnavailableError) return group;
      throw error;
    });
  }

  async #runAlone(parent: PathNode, step: Omit<Candidate, "settle">): Promise<StepOutcome> {
    return await this.#slot.withTurn(
      async () =>
        this.#leaveState(
          parent,
          step,
          await this.#runner.run(parent, step.request, step.signal),
        ),
      step,
    );
  }

  /** Turns a reply into an outcome, with the state that the step left. */
  #leaveState(
    parent: PathNode,
    { request, pathBytes }: Pick<Candidate, "request" | "pathBytes">,
    { reply, link }: { readonly reply: RunReply; readonly link: WorkerLink },
  ): StepOutcome {
    const outcome = outcomeOf(reply);
    if (outcome.status !== "ok" || !request.keep) return outcome;
    const node: PathNode = {
      parent,
      code: request.code,
      depth: parent.depth + 1,
      pathMs: parent.pathMs + replayMs(reply),
      pathBytes,
      live: null,
      rebuilding: null,
      isReleased: false,
      isSolitary: parent.isSolitary,
    };
    if (reply.kept) this.#runner.keep(node, link, reply.id);
    const stateId = this.#context.nextStateId();
    this.#states.set(stateId, node);
    return { ...outcome, state: { stateId } };
  }
}

function closedError(): RangeError {
  return new RangeError("Cannot run a step: its session is closed");
}

function jsonBytes(code: string): number {
  return new TextEncoder().encode(JSON.stringify(code)).length + 1;
}

/** Every UTF-16 unit is one to three bytes, which decides nearly every case without encoding. */
function exceedsBytes(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}
