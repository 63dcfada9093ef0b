import type { Policy } from "../endpoint/policy.ts";
import type { Ppm } from "../endpoint/ppm.ts";
import type { SearchCache } from "./search_cache.ts";
import type { SearchSpec } from "./spec.ts";

/** A committed rollout, for whoever watches. */
export interface RolloutEvent {
  readonly problemId: string;
  readonly seed: number;
  /** One-based. */
  readonly rollout: number;
  /** Segments drawn and nodes made by this rollout. */
  readonly draws: number;
  readonly nodes: number;
  /** Whether it arrived at a right answer; `null` when it arrived at none, and at test time. */
  readonly correct: boolean | null;
}

/** Options of every search of one tree. */
export interface TreeOptions {
  readonly spec: SearchSpec;
  /** Seed of the tree; every random choice follows from it. */
  readonly seed: number;
  readonly policy: Policy;
  /** Needed with guidance `ppm`, refused with `terminal`. */
  readonly ppm: Ppm | null;
  /** Shared by the trees of a run. */
  readonly cache?: SearchCache | undefined;
  readonly onRollout?: ((event: RolloutEvent) => void) | undefined;
  /** Clock in milliseconds; `performance.now` by default. */
  readonly now?: (() => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}
