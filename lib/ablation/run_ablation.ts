import type { Ablation } from "./ablation.ts";
import {
  armFigures,
  type ArmRow,
  compareArms,
  type FigureRow,
  type SeedMeasure,
} from "./compare_arms.ts";
import type { Laboratory } from "./laboratory.ts";

/** Result of an ablation. */
export interface AblationResult {
  readonly name: string;
  readonly question: string;
  readonly seeds: number;
  readonly rows: readonly ArmRow[];
  readonly figures: readonly FigureRow[];
  /** Measurements, seed by seed. Claims over several runs are made from them. */
  readonly measured: readonly SeedMeasure[];
}

/** Options of {@linkcode runAblation}. */
export interface RunAblationOptions {
  readonly laboratory: Laboratory;
  /** Told before a seed is begun. */
  readonly onSeed?: (seed: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Measures every arm with every seed, one after the other, and compares them.
 *
 * @throws {UsageError} If the round gives too little to compare.
 * @throws {InfrastructureError} If the machinery failed; what is done stays done.
 * @throws The signal's reason, when it aborts.
 */
export async function runAblation(
  { name, question, arms, ...ablation }: Ablation,
  { laboratory, onSeed, signal }: RunAblationOptions,
): Promise<AblationResult> {
  const measured: SeedMeasure[] = [];
  for (let seed = 0; seed < laboratory.settings.seeds; seed++) {
    signal.throwIfAborted();
    onSeed?.(seed);
    measured.push(await ablation.measure(seed, laboratory));
  }
  return {
    name,
    question,
    measured,
    seeds: measured.length,
    rows: compareArms(arms, measured),
    figures: armFigures(arms, measured),
  };
}
