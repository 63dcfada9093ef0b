import type { PolicyApi } from "../../config/mod.ts";

/** Settings of a measurement that change what is asked, kept or shown, whichever command measures. */
export interface MeasureSettings {
  /** Seed of everything random. */
  readonly seed: number;
  readonly policyApi: PolicyApi;
  /** Whether no code is run, for models that only talk. */
  readonly noCode: boolean;
  /** Generated tokens after which no further sample is begun. */
  readonly budgetTokens?: number | undefined;
  /** Seconds after which no further sample is begun. */
  readonly budgetTime?: number | undefined;
  /** Insist that the evaluation exists. */
  readonly resume: boolean;
  /** Start over beside an existing evaluation. */
  readonly newEval: boolean;
  readonly quiet: boolean;
}

/**
 * Settings of a measurement that is part of a longer run: those of a bare `eval`, so that either goes on where the other stopped. The
 * display is the run's own.
 */
export function measureSettings(seed = 0): MeasureSettings {
  return {
    seed,
    policyApi: "completions",
    noCode: false,
    resume: false,
    newEval: false,
    quiet: true,
  };
}
