/** Files and named sets as problems, with errors that say where and what. */
export * from "./catalogue.ts";
export * from "./convert.ts";
export * from "./dataset.ts";
export * from "./examine_problems.ts";
export * from "./fetch_original.ts";
export * from "./originals.ts";
export { OVERRIDES_VERSION } from "./overrides.ts";
export * from "./row_notices.ts";
export * from "./rows.ts";
export * from "./ship.ts";
export * from "./shipped_set.ts";
