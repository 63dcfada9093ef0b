/** A program of one traced piece of work, for a process in which Deno exports spans or does not. */
import { openTracing } from "../../../lib/cli/observe/tracing.ts";

if (import.meta.main) {
  const tracing = await openTracing(Deno.env.get("OTEL_DENO") === "true");
  const inner = () => tracing.span("expansion", { candidates: 4 }, () => Promise.resolve(7));
  const result = await tracing.span("tree", { problem: "p/1", seed: 3 }, inner);
  if (result !== 7) throw new Error("the work's value is lost");
}
