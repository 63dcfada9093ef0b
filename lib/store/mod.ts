/** Where runs, problems and finished trees are kept: one DuckDB file, one writer. */
export * from "./duckdb_store.ts";
export * from "./memory_store.ts";
export * from "./parquet_reader.ts";
export * from "./read_only.ts";
export * from "./spec_changes.ts";
export * from "./store.ts";
export * from "./tree_id.ts";
