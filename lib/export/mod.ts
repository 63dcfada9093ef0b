/** Stored trees to training data: traces for fine-tuning, preference pairs for the PPM, decontaminated, with a manifest. */
export * from "./choose_pairs.ts";
export * from "./choose_traces.ts";
export * from "./decontaminate.ts";
export * from "./export_data.ts";
export * from "./exported_tree.ts";
export * from "./limit_rollouts.ts";
export * from "./manifest.ts";
export { nodeCode } from "./near_duplicate.ts";
export * from "./pair_sides.ts";
export * from "./presets.ts";
export { countTrees, readProblems } from "./read_problems.ts";
export type {
  NodeSelection,
  ReadProblemsOptions,
  SourceCounts,
  TreeSource,
} from "./read_problems.ts";
export * from "./rules.ts";
