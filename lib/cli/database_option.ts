import { Option } from "commander";
import { DEFAULT_DATABASE } from "../config/bare/mod.ts";

/** `--db`, of commands that have no configuration: the variable that names the database for the others names it for them as well. */
export function databaseOption(): Option {
  return new Option("--db <file>", "database file").default(DEFAULT_DATABASE).env("RSTAR_DB");
}
