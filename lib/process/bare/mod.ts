/** The part of the room that loads no package: for the launcher, which comes before every command and before any package is there. */
export * from "../executable.ts";
export * from "../foreground.ts";
export * from "../interpreter_path.ts";
export * from "../process.ts";
export * from "../project_root.ts";
export * from "../proxy_environment.ts";
