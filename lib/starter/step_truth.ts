import { END_OF_CODE, END_OF_STEP, type Problem } from "../core/mod.ts";
import type { SandboxSession, StepState } from "../sandbox/sandbox.ts";

/** Program of a solution: what stands before the end of its code, without the marks of the format; `null` where the code never ends. */
export function programOf(solution: string): string | null {
  const end = solution.indexOf(END_OF_CODE);
  if (end < 0) return null;
  return solution.slice(0, end).replace("<code>", "").replaceAll(END_OF_STEP, "");
}

/** Options of {@linkcode stepTruth}. */
export interface StepTruthOptions {
  readonly problem: Pick<Problem, "meta">;
  /** State that the program left behind. */
  readonly state: StepState;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether each quantity of a problem has the generator's value, in the order of the story. One that the program never named has not.
 * Problems of other worlds have no quantities.
 */
export async function stepTruth(
  session: SandboxSession,
  { problem, state, signal }: StepTruthOptions,
): Promise<readonly boolean[]> {
  const truth = problem.meta.truth ?? [];
  if (truth.length === 0) return [];
  // The names are the generator's, never the model's: this expression reads the values that the program left.
  const names = truth.map(([name]) => JSON.stringify(name)).join(", ");
  const { value } = await session.run(
    { parent: state, code: `[globals().get(name) for name in (${names},)]`, keep: false },
    { signal },
  );
  const found = value?.slice(1, -1).split(", ") ?? [];
  return truth.map(([, expected], index) => found[index] === String(expected));
}
