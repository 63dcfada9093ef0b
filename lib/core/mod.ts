/** Domain types with their schemas, error classes, seeded randomness; knows no I/O. */
export * from "./describe_issue.ts";
export * from "./errors.ts";
export * from "./file_fault.ts";
export * from "./hash.ts";
export * from "./json.ts";
export * from "./nearest.ts";
export * from "./once_per.ts";
export * from "./open_files.ts";
export * from "./problem.ts";
export * from "./random.ts";
export * from "./reply_store.ts";
export * from "./semaphore.ts";
export * from "./sleep.ts";
export * from "./starter_set.ts";
export * from "./trajectory_format.ts";
export * from "./tree_record.ts";
export * from "./verdict.ts";
