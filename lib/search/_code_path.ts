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

/** How often a state is rebuilt whose code passed before and fails now. */
const MAX_TRIES = 2;

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

/** State before the first step: no code, nothing run. */
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
    const start = await this.#leave(from);
    // That code does not repeat itself is found out by chance: no other tree is told.
    if (start?.result === "fail") return { check: start, path, isFromCache: false };
    const run = this.#run(start, { code, keep });
    const { state, ...check } = await run;
    if (state !== null) path.run = run;
    this.#settled.set(key, check);
    return { check, path, isFromCache: false };
  }

  /**
   * The check that left a path's state, `null` for the clean one. Where it cannot be rebuilt, its failure is that of the step which
   * needs it. Nothing is awaited here: whoever awaits what this gives goes on before a release that comes later.
   */
  #leave(path: CodePath): Promise<StepCheck> | null {
    return path.parent === null ? null : path.run ??= this.#rebuild(path.parent, path.code);
  }

  async #rebuild(parent: CodePath, code: string): Promise<StepCheck> {
    for (let tries = 1;; tries++) {
      const start = await this.#leave(parent);
      if (start?.result === "fail") return start;
      const check = await this.#run(start, { code, keep: true });
      // It passed when it ran first.
      if (check.result !== "fail" || tries === MAX_TRIES) return check;
    }
  }

  #run(start: StepCheck | null, step: PathStep): Promise<StepCheck> {
    return this.#checker.check({ parent: start?.state ?? null, ...step }, {
      signal: this.#signal,
    });
  }
}
