/** The starter world: seeded problems in four levels, the corpora and pretraining of its base models, and their check. */
export * from "./base_check.ts";
export * from "./corpus.ts";
export * from "./family.ts";
export * from "./manifest.ts";
export * from "./reproduce.ts";
export * from "./solution.ts";
export * from "./splits.ts";
export * from "./step_truth.ts";
export * from "./story.ts";
