/**
 * When a tree stops growing (docs/search.md, "Stopping"). Asked before a rollout starts; rollouts that have started are always committed.
 */
import type { StopReason } from "../core/mod.ts";
import type { SearchSpec } from "./spec.ts";

/** Progress of a tree, on which the decision depends. */
export interface Progress {
  /** Rollouts started. */
  readonly started: number;
  /** Rollouts committed. */
  readonly committed: number;
  readonly correct: number;
  readonly wrong: number;
  readonly isRootClosed: boolean;
  readonly generatedTokens: number;
  readonly elapsedSeconds: number;
}

/** Why to stop now; `null` to go on. */
export function stopReason(progress: Progress, spec: SearchSpec): StopReason | null {
  if (spec.earlyStop && isDecided(progress)) return "early_stop";
  if (progress.isRootClosed) return "closed";
  if (progress.started >= spec.rollouts) return "budget";
  if (spec.budgetTokens !== null && progress.generatedTokens >= spec.budgetTokens) return "tokens";
  if (spec.budgetSeconds !== null && progress.elapsedSeconds >= spec.budgetSeconds) return "time";
  return null;
}

/** Two right and two wrong answers give pairs and traces; four right and none wrong say that the problem is easy. */
function isDecided({ correct, wrong, committed }: Progress): boolean {
  return (correct >= 2 && wrong >= 2) || (correct >= 4 && wrong === 0 && committed >= 4);
}
