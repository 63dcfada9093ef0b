import type { Grader } from "./grader.ts";
import { judgeExactly, toVerdict } from "./judge.ts";

/**
 * Stage one alone: a double for tests of other rooms, which need no Python. What it cannot decide is `false` with reason
 * `undecided`; no figure may be reported from it.
 */
export function exactGrader(): Grader {
  const version = "rstar-4-exact";
  return {
    version,
    grade: (reference, answer) => {
      const startedAt = performance.now();
      const { correct, reason } = judgeExactly(reference, answer, () => null);
      const stage = correct === null || reason === "no_answer" ? "none" : "exact";
      return Promise.resolve(
        toVerdict({ correct: correct ?? false, reason }, {
          answer,
          grader: version,
          stage,
          elapsedMs: performance.now() - startedAt,
        }),
      );
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
