import type { Problem } from "../../core/mod.ts";
import type { PendingTrees, RoundKey, Store } from "../../store/mod.ts";

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

/** Jobs of a round that are left to do. */
export interface PendingJobs {
  /**
   * In order: all problems of the first seed come before those of the second. Made one by one, so that a run of a million trees
   * holds no list of them.
   */
  readonly jobs: Iterable<Job>;
  /** How many jobs there are. */
  readonly count: number;
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
  const problemNos = await store.putProblems(problems);
  const request = { runNo, roundNo, problemNos, seeds, maxFailures: MAX_FAILURES };
  const pending = await store.pending(request);
  return {
    jobs: { [Symbol.iterator]: () => jobsOf(pending, problems) },
    count: pending.count,
    givenUp: pending.givenUp,
  };
}

function* jobsOf(pending: PendingTrees, problems: readonly Problem[]): Generator<Job> {
  for (const { index, seed } of pending) {
    const problem = problems[index];
    if (problem === undefined) throw new RangeError(`There is no wanted problem ${index}`);
    yield { problem, seed };
  }
}
