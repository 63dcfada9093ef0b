import type { Laboratory } from "./laboratory.ts";

/** One side of an ablation. */
export interface Arm {
  readonly name: string;
  /** One sentence on what is done in it. */
  readonly meaning: string;
}

/** A score of an arm on every problem that was measured; fractions. */
export interface ArmScores {
  readonly metric: string;
  readonly scores: ReadonlyMap<string, number>;
  /** Whether what was measured chose the problems, so that they differ from seed to seed: those of all seeds are compared. */
  readonly isChosen?: boolean;
}

/** Measurements of an arm with one seed. */
export interface ArmMeasure {
  readonly scores: readonly ArmScores[];
  /**
   * Figures that explain the scores and are not tested: tokens, traces. Names of fractions begin with `share`. `null` where one cannot be
   * known.
   */
  readonly figures: Readonly<Record<string, number | null>>;
}

/** An ablation: its arms, and what each of them needs, as work for a laboratory. */
export interface Ablation {
  readonly name: string;
  readonly question: string;
  /** The first one is what the others are compared with. */
  readonly arms: readonly Arm[];
  /** Lists the work to be done, for people, before anything is started. */
  plan(laboratory: Pick<Laboratory, "settings" | "source">): readonly string[];
  /**
   * Measures every arm with one seed. Whatever is stored already is found, not made again.
   *
   * @throws {UsageError} If the round gives too little to compare.
   */
  measure(seed: number, laboratory: Laboratory): Promise<ReadonlyMap<string, ArmMeasure>>;
}
