import { type Reporter, shortDuration } from "../../core/mod.ts";
import type { Stage, StageEvent } from "../../rounds/mod.ts";

/** Names of the stages, for people. */
const NAMES: Readonly<Record<Stage, string>> = {
  search: "search",
  sft: "policy data",
  policy: "policy training",
  pairs: "preference pairs",
  ppm: "PPM training",
  evaluate: "evaluation",
};

/** Tells that a stage of a round began or ended; one that was found done is passed over. */
export function reportStage(
  { type, round, stage }: StageEvent,
  { rounds, reporter, seconds }: {
    /** Number of rounds of the run. */
    readonly rounds: number;
    readonly reporter: Reporter;
    /** Seconds since the run went on. */
    readonly seconds: number;
  },
): void {
  const name = `${round === 0 ? "Base" : `Round ${round} of ${rounds}`}: ${NAMES[stage]}`;
  if (type === "begun") reporter.begin(name);
  if (type === "ended") reporter.say(`${name} done at ${shortDuration(seconds)}`);
}
