/** Runs model-written Python confined, each step in the state that its ancestors left. */
export * from "./attacks.ts";
export { probeTiers } from "./launch.ts";
export * from "./limits.ts";
export type { TierCheck, TierPlan } from "./messages.ts";
export * from "./python_sandbox.ts";
export * from "./sandbox.ts";
export * from "./self_check.ts";
export * from "./stub_sandbox.ts";
export * from "./tier.ts";
