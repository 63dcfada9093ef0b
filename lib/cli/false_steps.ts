/** Luck in training data: traces that are right in the end and hold a step that the generator knows to be false. */
import { z } from "zod";
import type { Problem } from "../core/mod.ts";
import type { Sandbox } from "../sandbox/mod.ts";
import { programOf, stepTruth } from "../starter/mod.ts";
import type { SqlReader } from "../store/mod.ts";
import { storedProblems } from "./stored_problems.ts";

const TraceRow = z.object({
  problem_id: z.string(),
  response: z.array(z.object({ text: z.string() })),
});

/** Options of {@linkcode falseStepShare}. */
export interface FalseStepOptions {
  /** Problems by id that say what their steps come to; traces of others are left out. */
  readonly problems: ReadonlyMap<string, Problem>;
  /** Opens the sandbox; asked only when there is something to run. */
  readonly sandbox: () => Promise<Sandbox>;
  readonly signal: AbortSignal;
}

/** Problems with trees of a run, in any round, that say what their steps come to: none but those of the starter world. */
export async function problemsWithTruth(
  reader: SqlReader,
  runNo: number,
): Promise<ReadonlyMap<string, Problem>> {
  const problems = await storedProblems(
    reader,
    "problem_no IN (SELECT problem_no FROM tree WHERE run_no = $1) AND json_exists(meta, '$.truth')",
    [runNo],
  );
  return new Map(problems.map((problem) => [problem.id, problem]));
}

/**
 * Share of the traces of a file in which a quantity has another value than the generator's, or is never named; `null` where no problem
 * says what its steps come to.
 */
export async function falseStepShare(
  path: string,
  { problems, sandbox, signal }: FalseStepOptions,
): Promise<number | null> {
  // A file of real problems is large, and nothing in it could be told.
  if (problems.size === 0) return null;
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
