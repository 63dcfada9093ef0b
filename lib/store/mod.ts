/** Where runs, problems and finished trees are kept: one DuckDB file, one writer. */
export * from "./analyses/analysis.ts";
export * from "./analyses/catalogue.ts";
export * from "./artifact_store.ts";
export * from "./copy_database.ts";
export * from "./duckdb_store.ts";
export * from "./evaluation_store.ts";
export * from "./memory_store.ts";
export * from "./parquet_reader.ts";
export * from "./parquet_writer.ts";
export * from "./read_only.ts";
export * from "./reference.ts";
export * from "./repair_database.ts";
export * from "./spec_changes.ts";
export * from "./sql_reader.ts";
export * from "./store.ts";
export * from "./tree_id.ts";
export * from "./views/catalogue.ts";
export type { View } from "./views/view.ts";
