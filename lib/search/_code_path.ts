import { sha256 } from "../core/mod.ts";
import type { StepCheck, StepChecker } from "../domain/domain.ts";
import type { CachedCheck, SearchCache } from "./search_cache.ts";

/** Steps that ran one after the other from the clean state. */
export interface CodePath {
  /** Hash over all code of the path; equal keys mean equal states. */
  readonly key: string;
  /** `null` for the clean state. */
  readonly parent: CodePath | null;
  readonly code: string;
  /** The run in this tree that left the state; `null` while nothing has needed it, and after it was given up. */
  run: Promise<StepCheck> | null;
}

/** A check and where it came from. */
export interface PathCheck {
  readonly check: CachedCheck;
  /** Path including the checked step, to start later steps from. */
  readonly path: CodePath;
  readonly isFromCache: boolean;
}

/** A step to check. */
export interface PathStep {
  readonly code: string;
  /** Whether steps may follow. */
  readonly keep: boolean;
}

/** The clean state. */
export function cleanPath(): CodePath {
  return { key: "", parent: null, code: "", run: null };
}

/**
 * Checks of one tree. A code path is checked once per tree; what other trees have published is taken over, and then a state is
 * rebuilt only when a later step starts from it.
 */
export class PathChecker {
  readonly #checker: StepChecker;
  readonly #cache: SearchCache | null;
  readonly #signal: AbortSignal;
  readonly #checks = new Map<string, Promise<PathCheck>>();
  readonly #settled = new Map<string, CachedCheck>();

  constructor(
    checker: StepChecker,
    options: { readonly cache: SearchCache | null; readonly signal: AbortSignal },
  ) {
    this.#checker = checker;
    this.#cache = options.cache;
    this.#signal = options.signal;
  }

  /** Checks a step in the state that `from` left. */
  check(from: CodePath, step: PathStep): Promise<PathCheck> {
    const key = sha256(`${from.key}\u0000${step.code}`);
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    const started = this.#start(key, { from, ...step });
    this.#checks.set(key, started);
    return started;
  }

  /** Gives the state up that a path left; a step that starts from it later rebuilds it. */
  release(path: CodePath): void {
    const run = path.run;
    path.run = null;
    // A run that fails is seen by whoever started a step from it; it has left nothing to give up.
    run?.then(({ state }) => {
      if (state !== null) this.#checker.release(state);
    }, () => {});
  }

  /** Makes what was found out known to other trees. */
  publish(): void {
    for (const [key, check] of this.#settled) this.#cache?.executions.set(key, check);
  }

  async #start(
    key: string,
    options: PathStep & { readonly from: CodePath },
  ): Promise<PathCheck> {
    const { from, code, keep } = options;
    const path: CodePath = { key, parent: from, code, run: null };
    const known = this.#cache?.executions.get(key);
    if (known !== undefined) return { check: known, path, isFromCache: true };
    const run = this.#run(from, { code, keep });
    const { state, ...check } = await run;
    if (state !== null) path.run = run;
    this.#settled.set(key, check);
    return { check, path, isFromCache: false };
  }

  /** Runs a step. When an ancestor's state cannot be rebuilt (code that does not repeat itself), its failure is the step's. */
  async #run(from: CodePath, step: PathStep): Promise<StepCheck> {
    let parent = null;
    if (from.parent !== null) {
      from.run ??= this.#run(from.parent, { code: from.code, keep: true });
      const ancestor = await from.run;
      if (ancestor.result === "fail") return ancestor;
      parent = ancestor.state;
    }
    return await this.#checker.check({ parent, ...step }, { signal: this.#signal });
  }
}
