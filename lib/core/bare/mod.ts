/** The part of the room that loads no package: for the launcher, which comes before every command and before any package is there. */
export * from "../errors.ts";
export * from "../file_fault.ts";
export * from "../interrupted.ts";
export * from "../json.ts";
export * from "../open_files.ts";
