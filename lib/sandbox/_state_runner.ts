import { type ExecutionStatus, SandboxUnavailableError, sleep, waitFor } from "../core/mod.ts";
import type { RunReply } from "./messages.ts";
import { codesBetween, type LiveState, nearestLive, type PathNode } from "./_path_node.ts";
import type { SandboxLimits, StepRequest } from "./sandbox.ts";
import type { WorkerLink, WorkerSlot } from "./worker_slot.ts";

/** A step that took so long is waited for again when it is replayed, whether it used a core or slept. */
const SLOW_MS = 250;

/** How often a step is tried on a fresh worker when its worker is lost. */
const MAX_REPLACEMENTS = 2;

/**
 * How often a step is run whose process dies, or whose path does not go the way it went before. A process that is killed from outside
 * looks like one that its own code has ended; only the latter ends the same way again.
 */
const MAX_TRIES = 3;

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
  /** Whether candidates of a node may share a process. Requests to a module of the caller's are not harmless by their look. */
  readonly sharesForks: boolean;
  /** Pauses before a step is tried again that the host failed, or may have failed, milliseconds. */
  readonly hostPausesMs: readonly number[];
}

/** Runs steps in processes of their own, below the nearest state of their path that is one; and keeps such states. */
export class StateRunner {
  readonly #slot: WorkerSlot;
  readonly #context: SessionContext;
  readonly #closing: AbortSignal;

  /** @param closing Aborts at the end of the session: no state is kept any more. */
  constructor(slot: WorkerSlot, context: SessionContext, closing: AbortSignal) {
    this.#slot = slot;
    this.#context = context;
    this.#closing = closing;
  }

  /** Runs on the present worker, and on its replacement when that is lost meanwhile. */
  async run(
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
      if (mayRebuild && parent.pathMs - base.pathMs >= link.forkMs) {
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
      const step = { code, keep: true, signal: this.#closing };
      const reply = await this.#runOn(link, parent, step, { isRebuild: true });
      this.#context.counters.replayedSteps++;
      if (reply.kept) this.keep(node, link, reply.id);
    } catch (error) {
      if (!(error instanceof SandboxUnavailableError) && !this.#closing.aborted) throw error;
    } finally {
      node.rebuilding = null;
    }
  }

  /** Keeps what a step left as a process, if that is worth one. */
  keep(node: PathNode, link: WorkerLink, id: number): void {
    if (node.pathMs < link.forkMs || node.isReleased || this.#closing.aborted) {
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
    if (node.isReleased && node.live === live) this.release([node]);
  }

  /** Gives the processes of released states up, now or when the last step that forks from them has ended. */
  release(nodes: readonly PathNode[]): void {
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

/**
 * Cost of running a step once more, milliseconds: the processor time of its code alone, which does not depend on what else the machine
 * does. A path that costs more than a fork is kept.
 */
export function replayMs({ code_us: codeUs, wall_us: wallUs }: RunReply): number {
  return Math.max(codeUs, wallUs >= 1_000 * SLOW_MS ? wallUs : 0) / 1_000;
}

/** Whether a reply may be the doing of whoever killed the process, or of chance. */
function mayNotRepeat({ status, error }: RunReply): boolean {
  return status === "replay_failed" || error?.type === "crashed";
}
