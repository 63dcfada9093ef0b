import { z } from "zod";
import type { Problem } from "../../core/mod.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import { programOf, stepTruth } from "../../starter/mod.ts";

const TraceRow = z.object({
  problem_id: z.string(),
  response: z.array(z.object({ text: z.string() })),
});

/** Options of {@linkcode falseStepShare}. */
export interface FalseStepOptions {
  readonly problems: ReadonlyMap<string, Problem>;
  /** Opens the sandbox; asked only when a problem says what its steps come to. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly signal: AbortSignal;
}

/**
 * Share of the traces of a file in which a quantity has another value than the generator's, or is never named; `null` where no problem
 * says what its steps come to.
 */
export async function falseStepShare(
  path: string,
  { problems, sandbox, signal }: FalseStepOptions,
): Promise<number | null> {
  const counts = { traces: 0, withFalseStep: 0 };
  for (const line of (await Deno.readTextFile(path)).split("\n")) {
    if (line === "") continue;
    const { problem_id, response } = TraceRow.parse(JSON.parse(line));
    const problem = problems.get(problem_id);
    const code = programOf(response.map(({ text }) => text).join(""));
    if (problem?.meta.truth === undefined || code === null) continue;
    signal.throwIfAborted();
    await using session = (await sandbox()).openSession();
    const { state } = await session.run({ parent: null, code, keep: true }, { signal });
    const truth = state === null ? [false] : await stepTruth(session, { problem, state, signal });
    counts.traces++;
    if (truth.includes(false)) counts.withFalseStep++;
  }
  return counts.traces === 0 ? null : counts.withFalseStep / counts.traces;
}
