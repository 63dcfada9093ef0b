import { fileURLToPath } from "node:url";
import { resolveLimits } from "../../lib/sandbox/limits.ts";
import type { WorkerOptions } from "../../lib/sandbox/worker.ts";

/** How the worker of `_fake_worker.ts` is started. */
export function fakeWorker(
  mode = "ready",
  options: Partial<WorkerOptions> = {},
): WorkerOptions {
  const script = fileURLToPath(new URL("_fake_worker.ts", import.meta.url));
  return {
    command: [Deno.execPath(), "run", "--no-lock", "--quiet", "--cached-only", script, mode],
    environment: { NO_COLOR: "1" },
    limits: resolveLimits(),
    ...options,
  };
}
