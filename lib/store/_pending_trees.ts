import type { PendingPlace, PendingRequest, PendingTrees } from "./store.ts";

/** State of the trees of one seed, by the number of the problem. */
export interface MarksOfSeed {
  readonly isStored: (problemNo: number) => boolean;
  /** Whether it failed too often; a tree may be stored all the same. */
  readonly isGivenUp: (problemNo: number) => boolean;
}

/** Finds the wanted trees that are left. Nothing is kept for a tree but its marks: places are made when they are asked for. */
export function pendingFrom(
  { problemNos, seeds }: Pick<PendingRequest, "problemNos" | "seeds">,
  marksOf: (seed: number) => MarksOfSeed,
): PendingTrees {
  let [count, givenUp] = [0, 0];
  for (const seed of seeds) {
    const marks = marksOf(seed);
    for (const problemNo of problemNos) {
      if (marks.isStored(problemNo)) continue;
      if (marks.isGivenUp(problemNo)) givenUp++;
      else count++;
    }
  }
  return {
    count,
    givenUp,
    *[Symbol.iterator](): Generator<PendingPlace> {
      for (const seed of seeds) {
        const marks = marksOf(seed);
        for (const [index, problemNo] of problemNos.entries()) {
          if (!marks.isStored(problemNo) && !marks.isGivenUp(problemNo)) yield { index, seed };
        }
      }
    },
  };
}
