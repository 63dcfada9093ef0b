import { InfrastructureError, UsageError } from "../core/mod.ts";
import type { Stage } from "./stage.ts";

/** The error of a round whose trees give nothing to train on, with what can be done about it. */
export function nothingToTrainOn(kind: "sft" | "pairs"): UsageError {
  return new UsageError(
    kind === "sft"
      ? "no trajectory is right, so there is nothing to train a policy on; search longer (more rollouts, " +
        "candidates or problems), take easier problems, or start from a stronger base"
      : "no pair of a right and a wrong step survives the rules, so there is nothing to train a PPM on; " +
        "search longer (more rollouts, candidates or problems), take problems that are solved now and then, " +
        "or loosen the rules for pairs",
  );
}

/** What a disk does that is no fault of the program, by the system's code, and what helps. */
const DISK_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room",
  EDQUOT: "the quota of the disk is used up; make room",
  EROFS: "the disk is read-only; mount it for writing",
  EACCES: "the folder may not be written; change its permissions",
};

/** The same kind of error, with the place and the way on. A fault of the program stays as it is. */
export function stageError(
  error: unknown,
  { round, stage }: { readonly round: number; readonly stage: Stage },
): unknown {
  const tell = (cause: string) =>
    `Cannot finish stage "${stage}" of round ${round}: ${cause}; ` +
    "every stage before it is stored: the same command goes on from here, one with other settings of search, data or learning " +
    "begins a run beside it";
  if (error instanceof UsageError) return new UsageError(tell(error.message), { cause: error });
  if (error instanceof InfrastructureError) {
    return new InfrastructureError(error.boundary, tell(error.message), { cause: error });
  }
  const failure = diskFailure(error);
  return failure === null
    ? error
    : new InfrastructureError("store", tell(failure), { cause: error });
}

function diskFailure(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const cure = DISK_FAILURES[String(error.code)];
  return cure === undefined ? null : `${error.message}: ${cure}`;
}
