import { launch } from "./launch.ts";

if (import.meta.main) Deno.exit(await launch(Deno.args));
