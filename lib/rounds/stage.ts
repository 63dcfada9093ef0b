/** Stages of a round, in the order in which they are done (docs/architecture.md, "rounds"). */
export const STAGES = ["search", "sft", "policy", "pairs", "ppm", "evaluate"] as const;

/** A stage of a round: grow trees, write SFT data, train the policy, write preference pairs, train the PPM, measure. */
export type Stage = typeof STAGES[number];

/** State of a round: the stage that is to be done next, or that nothing is left. */
export type RoundState = Stage | "done";

/** The state after a stage. */
export function stateAfter(stage: Stage): RoundState {
  return STAGES[STAGES.indexOf(stage) + 1] ?? "done";
}

/** Whether a round in this state has left the stage behind. */
export function isPast(state: RoundState, stage: Stage): boolean {
  return state === "done" || STAGES.indexOf(state) > STAGES.indexOf(stage);
}

/** The state that a stored text names; `null` for a text that names none. */
export function parseState(text: string): RoundState | null {
  return [...STAGES, "done" as const].find((state) => state === text) ?? null;
}
