/** Measures checkpoints on suites, and says how sure the figures are. */
export * from "./audit.ts";
export * from "./compare.ts";
export * from "./compare_cost.ts";
export * from "./compare_pairs.ts";
export * from "./compare_problems.ts";
export * from "./count_samples.ts";
export * from "./evaluation_plan.ts";
export { type EvaluationResult, type ReadOptions, storedEvaluation } from "./evaluation_result.ts";
export * from "./grade_samples.ts";
export * from "./make_mode.ts";
export * from "./modes/mod.ts";
export * from "./run_evaluation.ts";
export * from "./statistics/mod.ts";
export * from "./suite.ts";
export * from "./summarise.ts";
export * from "./training_overlap.ts";
export * from "./weighted_vote.ts";
