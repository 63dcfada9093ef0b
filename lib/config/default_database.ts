/** Database of a command that is told of none. */
export const DEFAULT_DATABASE = "data/rstar.duckdb";
