/** Domain types with their schemas, error classes, seeded randomness; knows no I/O. */
export * from "./errors.ts";
export * from "./hash.ts";
export * from "./problem.ts";
export * from "./random.ts";
export * from "./reply_store.ts";
export * from "./semaphore.ts";
export * from "./trajectory_format.ts";
export * from "./tree_record.ts";
export * from "./verdict.ts";
