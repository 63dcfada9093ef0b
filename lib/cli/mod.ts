/** Parses arguments, builds the concrete objects, calls one pipeline, prints. */
export { runCli } from "./program.ts";
