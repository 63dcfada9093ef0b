/** Ablations: arms that differ in one thing, made from one round of a run and compared on the same problems, seed by seed. */
export * from "./ablation.ts";
export * from "./catalogue.ts";
export * from "./claims.ts";
export * from "./compare_arms.ts";
export * from "./laboratory.ts";
export * from "./reward_ablation.ts";
export * from "./round_ablation.ts";
export * from "./run_ablation.ts";
export * from "./search_ablation.ts";
export * from "./selection_ablation.ts";
export * from "./sft_ablation.ts";
