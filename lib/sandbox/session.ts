import { type ExecutionStatus, SandboxUnavailableError, sleep, waitFor } from "../core/mod.ts";
import { MAX_REQUEST_BYTES } from "./frames.ts";
import type { RunReply } from "./messages.ts";
import { codesBetween, type LiveState, nearestLive, type PathNode } from "./_path_node.ts";
import { failure, outcomeOf } from "./_outcome.ts";
import type {
  SandboxLimits,
  SandboxSession,
  StepError,
  StepOutcome,
  StepRequest,
  StepState,
} from "./sandbox.ts";
import type { WorkerLink, WorkerSlot } from "./worker_slot.ts";

/** About the price of one fork. A path that ran for less is cheaper to replay than to keep. */
const FORK_MS = 5;

/** Longest path that a worker replays (PROTOCOL.md 4). */
const MAX_DEPTH = 1_024;

/** How often a step is tried on a fresh worker when its worker is lost. */
const MAX_REPLACEMENTS = 2;

/**
 * How often a step is run whose process dies, or whose path does not go the way it went before. A process that is killed from outside
 * looks like one that its own code has ended; only the latter ends the same way again.
 */
const MAX_TRIES = 3;

/** Bytes of a request that are not code, and then some. */
const REQUEST_OVERHEAD_BYTES = 64 * 1024;

/** Counters that all sessions of a sandbox share. */
export interface SessionCounters {
  readonly stepsByStatus: Record<ExecutionStatus, number>;
  evictedStates: number;
  replayedSteps: number;
  busyMs: number;
}

/** Context that a session shares with the others of its sandbox. */
export interface SessionContext {
  readonly limits: SandboxLimits;
  readonly counters: SessionCounters;
  /** Numbers that are unique within the sandbox, so that a state of another session is recognised. */
  readonly nextStateId: () => number;
  /** Pauses before a step is tried again that the host failed, or may have failed, milliseconds. */
  readonly hostPausesMs: readonly number[];
}

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
  };
  readonly #closing = new AbortController();

  constructor(slot: WorkerSlot, context: SessionContext) {
    this.#slot = slot;
    this.#context = context;
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
      ? await this.#runInTurn(parent, request, { pathBytes, signal: this.#signal(options.signal) })
      : failure("error", refusal);
    this.#context.counters.stepsByStatus[outcome.status]++;
    this.#context.counters.busyMs += outcome.wallMs;
    return outcome;
  }

  release(state: StepState): void {
    const node = this.#states.get(state.stateId);
    if (node === undefined) return;
    this.#states.delete(state.stateId);
    this.#dropLive([node]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(closedError());
    this.#slot.sessions--;
    this.#dropLive([...this.#states.values()]);
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
    return signal === undefined ? closing : AbortSignal.any([signal, closing]);
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

  async #runInTurn(
    parent: PathNode,
    request: StepRequest,
    options: { readonly pathBytes: number; readonly signal: AbortSignal },
  ): Promise<StepOutcome> {
    return await this.#slot.withTurn(async () => {
      const { reply, link } = await this.#runSomewhere(parent, request, options.signal);
      const outcome = outcomeOf(reply);
      if (outcome.status !== "ok" || !request.keep) return outcome;
      const node: PathNode = {
        parent,
        code: request.code,
        depth: parent.depth + 1,
        pathMs: parent.pathMs + outcome.wallMs,
        pathBytes: options.pathBytes,
        live: null,
        rebuilding: null,
        isReleased: false,
      };
      if (reply.kept) this.#keep(node, link, reply.id);
      const stateId = this.#context.nextStateId();
      this.#states.set(stateId, node);
      return { ...outcome, state: { stateId } };
    }, options);
  }

  /** Runs on the present worker, and on its replacement when that is lost meanwhile. */
  async #runSomewhere(
    parent: PathNode,
    request: StepRequest,
    signal: AbortSignal,
  ): Promise<{ readonly reply: RunReply; readonly link: WorkerLink }> {
    for (let replacements = 0;; replacements++) {
      let link: WorkerLink | null = null;
      try {
        link = await this.#slot.connect();
        return { reply: await this.#runOn(link, parent, { ...request, signal }), link };
      } catch (error) {
        // Without a link it was lost at its start, as happens to the youngest when memory is short.
        const isLost = error instanceof SandboxUnavailableError && link?.worker.lost !== null;
        if (!isLost || replacements === MAX_REPLACEMENTS) throw error;
      }
    }
  }

  async #runOn(
    link: WorkerLink,
    parent: PathNode,
    step: { readonly code: string; readonly keep: boolean; readonly signal: AbortSignal },
    { isRebuild = false }: { readonly isRebuild?: boolean } = {},
  ): Promise<RunReply> {
    const { code, keep, signal } = step;
    let mayRebuild = !isRebuild;
    const { hostPausesMs } = this.#context;
    const pauses = hostPausesMs.values();
    const deathPauses = hostPausesMs.slice(0, MAX_TRIES - 1).values();
    while (true) {
      const base = nearestLive(parent, link.generation);
      const { live } = base;
      if (mayRebuild && parent.pathMs - base.pathMs >= FORK_MS) {
        // Its other children will want it too: one fork more now, instead of a replay for each of them.
        mayRebuild = false;
        signal.throwIfAborted();
        await waitFor(parent.rebuilding ??= this.#rebuild(link, parent), signal);
        continue;
      }
      const prefix = codesBetween(base, parent);
      if (live !== null) live.users++;
      const reply = await link.worker.run(
        { parent: live?.id ?? 0, prefix, code, keep },
        { signal },
      ).finally(() => this.#leave(base, live));
      if (reply.status === "evicted" && live !== null) {
        this.#forget(base, live);
        continue;
      }
      this.#context.counters.replayedSteps += prefix.length;
      const pause = reply.status === "host_failed"
        ? pauses.next()
        : mayNotRepeat(reply)
        ? deathPauses.next()
        : null;
      if (pause === null || pause.done === true) return reply;
      await sleep(pause.value, { signal });
    }
  }

  /** Makes a state live again. A failure shows when the child replays the path itself, perhaps on another worker. */
  async #rebuild(link: WorkerLink, node: PathNode): Promise<void> {
    try {
      const { parent, code } = node;
      if (parent === null) return;
      const step = { code, keep: true, signal: this.#closing.signal };
      const reply = await this.#runOn(link, parent, step, { isRebuild: true });
      this.#context.counters.replayedSteps++;
      if (reply.kept) this.#keep(node, link, reply.id);
    } catch (error) {
      if (!(error instanceof SandboxUnavailableError) && !this.#closing.signal.aborted) throw error;
    } finally {
      node.rebuilding = null;
    }
  }

  #keep(node: PathNode, link: WorkerLink, id: number): void {
    if (node.pathMs < FORK_MS || node.isReleased || this.#closing.signal.aborted) {
      link.worker.release([id]);
      return;
    }
    node.live = { generation: link.generation, id, users: 0 };
    this.#slot.liveStates++;
  }

  #forget(node: PathNode, live: LiveState): void {
    if (node.live !== live) return;
    node.live = null;
    this.#slot.liveStates--;
    this.#context.counters.evictedStates++;
  }

  /** A step that forked from a state has ended. */
  #leave(node: PathNode, live: LiveState | null): void {
    if (live === null) return;
    live.users--;
    if (node.isReleased && node.live === live) this.#dropLive([node]);
  }

  /** Gives the processes of released states up, now or when the last step that forks from them has ended. */
  #dropLive(nodes: readonly PathNode[]): void {
    const ids: number[] = [];
    for (const node of nodes) {
      node.isReleased = true;
      if (node.live === null || node.live.users > 0) continue;
      if (this.#slot.isCurrent(node.live.generation)) ids.push(node.live.id);
      node.live = null;
    }
    this.#slot.releaseStates(ids);
  }
}

/** Whether a reply may be the doing of whoever killed the process, or of chance. */
function mayNotRepeat({ status, error }: RunReply): boolean {
  return status === "replay_failed" || error?.type === "crashed";
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
