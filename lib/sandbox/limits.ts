import { z } from "zod";
import type { SandboxLimits } from "./sandbox.ts";

/**
 * Limits of one step with their defaults, the one place where these are written. They are part of a run's provenance: a changed
 * limit can change a verdict.
 */
export const SandboxLimitOptions = z.strictObject({
  /** Wall-clock time of one step, milliseconds; enforced with SIGKILL. */
  wallMs: z.number().int().positive().max(3_600_000).default(5_000),
  /** CPU time of one step, milliseconds. */
  cpuMs: z.number().int().positive().max(3_600_000).default(5_000),
  /** Address space above that of the warm zygote, bytes. */
  memoryBytes: z.number().int().min(1 << 20).default(512 * 1024 * 1024),
  /** Printing more bytes than this is `output_truncated`. */
  maxOutputBytes: z.number().int().positive().max(1 << 24).default(64 * 1024),
  /** How many bytes of the output (and of a value) an outcome keeps for the model and the store. */
  keptOutputBytes: z.number().int().positive().max(1 << 20).default(4 * 1024),
  /** Longest step, bytes of UTF-8. */
  maxCodeBytes: z.number().int().positive().max(1 << 20).default(1024 * 1024),
}).refine((limits) => limits.keptOutputBytes <= limits.maxOutputBytes, {
  error: "keptOutputBytes must not exceed maxOutputBytes",
});

/** Limits that a caller may set; the rest is filled in. */
export type SandboxLimitOptions = z.input<typeof SandboxLimitOptions>;

/**
 * Fills in the defaults.
 *
 * @throws {z.ZodError} If a limit is unknown, no positive integer, or too large.
 */
export function resolveLimits(options: SandboxLimitOptions = {}): SandboxLimits {
  return Object.freeze(SandboxLimitOptions.parse(options));
}
