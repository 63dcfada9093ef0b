import { z } from "zod";
import { SandboxUnavailableError } from "../core/mod.ts";
import { startProcess } from "../process/mod.ts";
import { Refusal } from "./messages.ts";
import { pythonFile } from "./_python_file.ts";
import type { SandboxTier } from "./sandbox.ts";

/** Verdict on one record of a corpus. */
export const AttackRecord = z.strictObject({
  id: z.string(),
  group: z.string(),
  expect: z.string(),
  got: z.string().nullable(),
  ok: z.boolean(),
  skipped: z.boolean(),
  seconds: z.number(),
  /** Side effects and wrong verdicts, in words. */
  problems: z.array(z.string()),
  error: z.string().nullable(),
  output: z.string().nullable(),
});

/** Verdict on one record of a corpus. */
export type AttackRecord = z.infer<typeof AttackRecord>;

/** Totals of one run of an attack corpus. */
export const AttackTotals = z.strictObject({
  tier: z.string(),
  run: z.number().int().nonnegative(),
  passed: z.number().int().nonnegative(),
  failed: z.array(z.string()),
  skipped: z.array(z.string()),
});

/** Totals of one run of an attack corpus. */
export type AttackTotals = z.infer<typeof AttackTotals>;

const Line = z.union([AttackRecord, AttackTotals, z.strictObject({ error: Refusal })]);

/** Longest line that is read: two escaped outputs and then some. */
const MAX_LINE_BYTES = 1 << 20;

/** Options of {@linkcode runAttacks}. */
export interface AttackOptions {
  /** Python of the confined environment. */
  readonly interpreter: string;
  /** Full path of bubblewrap; `null` where it is not installed. */
  readonly bwrap: string | null;
  /** @default the best tier that works */
  readonly tier?: Extract<SandboxTier, "A" | "B" | "C">;
  /** Ids of the records to run. @default all */
  readonly only?: readonly string[];
  /** Told each verdict as it comes. */
  readonly onRecord?: (record: AttackRecord) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs corpora of attacks against a worker of its own and checks verdicts and side effects (docs/security.md, "How it is tested"). One run
 * at a time per machine: it listens on fixed ports.
 *
 * @throws {SandboxUnavailableError} If the sandbox does not start or the runner fails.
 * @throws The signal's reason, when it aborts.
 */
export async function runAttacks(
  files: readonly string[],
  options: AttackOptions,
): Promise<AttackTotals> {
  const { signal } = options;
  signal?.throwIfAborted();
  const args = ["-s", "-P", pythonFile("attacks/run_attacks.py")];
  if (options.tier !== undefined) args.push("--tier", options.tier);
  if (options.bwrap !== null) args.push("--bwrap", options.bwrap);
  if (options.only !== undefined) args.push("--only", options.only.join(","));
  // The canary that an attack must not be able to read out of the harness's environment (docs/security.md, "How it is tested").
  const env = { SBX_CANARY: "canary-env-7f3a", LANG: "C.UTF-8" };
  await using child = startProcess(options.interpreter, [...args, ...files], { env });
  const kill = () => child.kill();
  signal?.addEventListener("abort", kill, { once: true });
  let totals: AttackTotals | null = null;
  try {
    for await (const text of lines(child.stdout)) {
      const line = Line.parse(JSON.parse(text));
      if ("problems" in line) options.onRecord?.(line);
      else if ("tier" in line) totals = line;
      else throw refused(line.error);
    }
    await child.status;
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", kill);
  }
  if (totals === null) throw unavailable(`it ended without totals: ${child.stderrTail}`);
  return totals;
}

/** The runner's own words: its message says already what cannot be done. */
function refused({ message, cause, cure }: Refusal): SandboxUnavailableError {
  return new SandboxUnavailableError(`${message} (${cause}); ${cure}`);
}

function unavailable(reason: string): SandboxUnavailableError {
  return new SandboxUnavailableError(`Cannot run the attacks: ${reason}`);
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > MAX_LINE_BYTES) throw unavailable(`a line exceeds ${MAX_LINE_BYTES} bytes`);
    yield* parts.filter((part) => part !== "");
  }
  if (rest !== "") yield rest;
}
