import type { PathNode } from "./_path_node.ts";
import type { StepOutcome, StepRequest } from "./sandbox.ts";

/** Longest code that is offered for company, UTF-16 units; the worker has a limit of its own, in characters. */
const MAX_SHARED_CODE = 20_000;

/** Longest path that is run once more for each of several candidates, bytes. */
const MAX_SHARED_PATH_BYTES = 256 * 1024;

/** Most candidates of one batch (PROTOCOL.md 4). */
export const MAX_BATCH = 64;

/** A step that was asked for, and whoever waits for its outcome. */
export interface Candidate {
  readonly request: StepRequest;
  readonly pathBytes: number;
  readonly signal: AbortSignal;
  readonly settle: PromiseWithResolvers<StepOutcome>;
}

/** Whether a step may share a process with others of its node, as far as can be told without running it. */
export function mayShare(parent: PathNode, { request, pathBytes }: Omit<Candidate, "settle">) {
  return !parent.isSolitary && request.code.length <= MAX_SHARED_CODE &&
    pathBytes <= MAX_SHARED_PATH_BYTES;
}

/**
 * Gathers the steps that are asked for together: in one turn of the event loop's microtasks, below one parent, to be cancelled together.
 * The candidates of a node are.
 */
export class CandidateGroups {
  readonly #run: (parent: PathNode, group: readonly Candidate[]) => void;
  readonly #groups = new Map<PathNode, Candidate[]>();

  /** @param run Runs a group once it is complete. */
  constructor(run: (parent: PathNode, group: readonly Candidate[]) => void) {
    this.#run = run;
  }

  /** Adds a step to its group, and lets the group run when whoever else asks now has done so. */
  join(parent: PathNode, candidate: Candidate): void {
    const group = this.#groups.get(parent);
    const isFull = group !== undefined &&
      (group.length === MAX_BATCH || group[0]?.signal !== candidate.signal);
    if (group !== undefined && !isFull) {
      group.push(candidate);
      return;
    }
    const begun = [candidate];
    this.#groups.set(parent, begun);
    queueMicrotask(() => {
      if (this.#groups.get(parent) === begun) this.#groups.delete(parent);
      this.#run(parent, begun);
    });
  }
}
