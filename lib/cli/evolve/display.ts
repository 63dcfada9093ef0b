import { shortDuration } from "../../core/mod.ts";
import type { Stage, StageEvent } from "../../rounds/mod.ts";
import { WorkDisplay } from "../work_display.ts";

/** Names of the stages, for people. */
const NAMES: Readonly<Record<Stage, string>> = {
  search: "search",
  sft: "policy data",
  policy: "policy training",
  pairs: "preference pairs",
  ppm: "PPM training",
  evaluate: "evaluation",
};

/** Shows how far a run of rounds is: one display for all stages, on standard error. */
export class EvolveDisplay extends WorkDisplay {
  readonly #rounds: number;

  constructor(options: { readonly rounds: number; readonly quiet: boolean }) {
    super(options);
    this.#rounds = options.rounds;
  }

  /** A stage began, ended or was found done. */
  stage({ type, round, stage }: StageEvent): void {
    const name = `${round === 0 ? "Base" : `Round ${round} of ${this.#rounds}`}: ${NAMES[stage]}`;
    if (type === "begun") this.begin(name);
    if (type === "ended") this.say(`${name} done at ${shortDuration(this.seconds)}`);
  }
}
