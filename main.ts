import { runCli } from "./lib/cli/mod.ts";

if (import.meta.main) Deno.exit(await runCli(Deno.args));
