/** Rounds of self-training: what each one searches, and the state machine that carries them out and goes on where it stopped. */
export * from "./results.ts";
export * from "./round_params.ts";
export * from "./rounds_plan.ts";
export * from "./rounds_spec.ts";
export * from "./run_rounds.ts";
export * from "./schedule.ts";
export * from "./stage.ts";
export * from "./stage_of.ts";
export * from "./stages.ts";
