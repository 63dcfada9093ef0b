/** Monte-Carlo tree search over steps: presets, one tree, many trees, final answers; deterministic given the replies. */
export * from "./beam.ts";
export * from "./final_answer.ts";
export * from "./presets.ts";
export * from "./run_trees.ts";
export * from "./search.ts";
export * from "./search_cache.ts";
export * from "./spec.ts";
export * from "./tree_options.ts";
