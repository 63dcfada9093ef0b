/** The one owner of `Deno.Command`: starts, watches and ends child processes; builds the private Python environments. */
export * from "./executable.ts";
export * from "./foreground.ts";
export * from "./interpreter_path.ts";
export * from "./model_environment.ts";
export * from "./process.ts";
export * from "./project_root.ts";
export * from "./proxy_environment.ts";
export * from "./python_environment.ts";
