import type { EvolveSizes } from "../../config/mod.ts";
import type { Problem } from "../../core/mod.ts";
import type { RoundSchedule, ScheduleOptions } from "../../rounds/mod.ts";
import type { ProblemSet } from "../problem_set.ts";

/** Plan of a run of `evolve`, made before anything is started. */
export interface EvolvePlan {
  /** Problems that any of the rounds searches, by id. */
  readonly problems: ReadonlyMap<string, Problem>;
  /** Text about the problem set, for a plan, and to be printed before any run. */
  readonly set: Pick<ProblemSet, "lines" | "notices">;
  readonly sizes: EvolveSizes;
  readonly schedules: readonly RoundSchedule[];
  /** Options that the schedules follow from. */
  readonly schedule: ScheduleOptions;
  /** Checkpoint folder that every round trains from. */
  readonly base: string;
  /** Names of the suites that rounds are measured on, the one that steers and is shown first. */
  readonly suites: readonly [string, ...string[]];
}
