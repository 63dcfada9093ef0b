import type { Problem } from "../../core/mod.ts";
import type { RoundKey, Store } from "../../store/mod.ts";

/** A tree that is to be grown. */
export interface Job {
  readonly problem: Problem;
  readonly seed: number;
}

/** The trees that a round wants: every problem with every seed. */
export interface WantedTrees extends RoundKey {
  readonly problems: readonly Problem[];
  readonly seeds: readonly number[];
}

/** What is left of them. */
export interface PendingJobs {
  /** In order: all problems of the first seed come before those of the second. */
  readonly jobs: readonly Job[];
  /** Trees that the machinery failed so often that they are left out. */
  readonly givenUp: number;
}

/** A tree that the machinery failed so often is given up. */
export const MAX_FAILURES = 5;

/**
 * Asks the store what is left to do.
 *
 * @throws {UsageError} If a problem is stored with another question or answer.
 */
export async function pendingJobs(
  store: Pick<Store, "putProblems" | "pending">,
  { runNo, roundNo, problems, seeds }: WantedTrees,
): Promise<PendingJobs> {
  await store.putProblems(problems);
  const byId = new Map(problems.map((problem) => [problem.id, problem]));
  const request = { runNo, roundNo, problemIds: [...byId.keys()], seeds };
  const left = await store.pending({ ...request, maxFailures: 2 ** 31 - 1 });
  const pending = left.length === 0
    ? left
    : await store.pending({ ...request, maxFailures: MAX_FAILURES });
  return {
    jobs: pending.flatMap(({ problemId, seed }) => {
      const problem = byId.get(problemId);
      return problem === undefined ? [] : [{ problem, seed }];
    }),
    givenUp: left.length - pending.length,
  };
}
