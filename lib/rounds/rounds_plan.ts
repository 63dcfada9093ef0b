import type { Json } from "../core/mod.ts";
import type { RoundSchedule } from "./schedule.ts";
import type { Stage } from "./stage.ts";
import type { MadeArtifact } from "./stages.ts";

/** Plan of a run of rounds. */
export interface RoundsPlan {
  readonly runNo: number;
  /** Rounds 1, 2, … in order. */
  readonly schedules: readonly RoundSchedule[];
  /** The base model: round 0, and what every policy is trained from. */
  readonly base: MadeArtifact;
  /** Model that searches in round 1 in place of the base: a general code model, as in the paper. */
  readonly bootstrap?: MadeArtifact | undefined;
  /** Description of what is measured. When it changes, rounds are measured again; nothing else is done again. */
  readonly evaluation: Json;
  /** First round to work on; those before must have their checkpoints. @default 1 */
  readonly fromRound?: number;
  /** Stops after this stage of the first round that is not done. */
  readonly stopAfter?: Stage | undefined;
  /** Stops after a round whose score is not this much above that of the round before. */
  readonly untilFlat?: number | undefined;
}
