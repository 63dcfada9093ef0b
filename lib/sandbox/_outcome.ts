import { type ExecutionStatus, SandboxUnavailableError } from "../core/mod.ts";
import type { RunReply } from "./messages.ts";
import type { StepError, StepOutcome } from "./sandbox.ts";

/**
 * Translates a worker's reply into an outcome for the caller.
 *
 * @throws {SandboxUnavailableError} If the reply is no outcome of a step.
 */
export function outcomeOf(reply: RunReply): StepOutcome {
  const { status, error } = reply;
  if (status === "evicted" || status === "cancelled" || status === "alone") {
    throw new SandboxUnavailableError(
      `Cannot run a step: the worker answered "${status}" to a request that it must run`,
    );
  }
  if (status === "host_failed") {
    throw new SandboxUnavailableError(
      `Cannot run a step: ${error?.message}; give the machine (or container) more memory, processes ` +
        "and cores, or use fewer workers or lower limits",
    );
  }
  if (status === "replay_failed") {
    const where = error?.at === undefined || error.at === null ? "" : ` at step ${error.at + 1}`;
    return failure("error", {
      type: "NotReproducible",
      message: `replaying the path gave another outcome${where}: ${error?.type}: ${error?.message}`,
      line: null,
    });
  }
  return {
    status,
    stdout: reply.stdout,
    value: reply.value,
    error: error === null ? null : { type: error.type, message: error.message, line: error.line },
    wallMs: reply.wall_us / 1_000,
    cpuMs: reply.cpu_us / 1_000,
    memoryBytes: reply.memory_bytes,
    state: null,
  };
}

/** A step that failed without running. */
export function failure(status: Exclude<ExecutionStatus, "ok">, error: StepError): StepOutcome {
  return {
    status,
    stdout: "",
    value: null,
    error,
    wallMs: 0,
    cpuMs: 0,
    memoryBytes: 0,
    state: null,
  };
}
