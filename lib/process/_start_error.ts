import { InfrastructureError, openFilesFault } from "../core/bare/mod.ts";

/** Error for the caller of a program that cannot be started. */
export function startError(path: string, error: unknown): InfrastructureError {
  return new InfrastructureError("process", `Cannot start "${path}": ${reason(error)}`, {
    cause: error,
  });
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such executable";
  if (error instanceof Deno.errors.NotCapable) return "no permission to run it (--allow-run)";
  const text = error instanceof Error ? error.message : String(error);
  return openFilesFault(text) ?? text;
}
