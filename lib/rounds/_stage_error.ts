import {
  InfrastructureError,
  ProviderError,
  SandboxUnavailableError,
  StoreError,
  UnreadableModelError,
  UsageError,
} from "../core/mod.ts";
import type { Stage } from "./stage.ts";

/** Error of a round that yields nothing to train on. Its trees are stored: the same command would find the same. */
class NothingToTrainOn extends UsageError {}

/** The error of a round of which no tree was finished: given up again and again, or beyond its budget. */
export function noneGrown(problems: number): UsageError {
  return new NothingToTrainOn(
    `none of the ${problems} problems of this round has a tree; see what failed (deno task report) and mend it, or raise the budget`,
  );
}

/** The error of a round that searched problems and solved none, with what can be done about it. */
export function noneSolved(problems: number): UsageError {
  return new NothingToTrainOn(
    `no trajectory is right: the trees of this round solved none of the ${problems} problems that they searched; ` +
      "look at some of them (deno task view) and make sure that what was served is the model that the round searches with, or " +
      `${SEARCH_LONGER}, take easier problems, or start from a stronger base`,
  );
}

/** The error of a round whose trees give nothing to train on by the rules, with what can be done about it. */
export function nothingToTrainOn(kind: "sft" | "pairs"): UsageError {
  return new NothingToTrainOn(
    kind === "sft"
      ? "no right trajectory survives the rules, so there is nothing to train a policy on; loosen the rules for policy data, " +
        `${SEARCH_LONGER}, take easier problems, or start from a stronger base`
      : "no pair of a right and a wrong step survives the rules, so there is nothing to train a PPM on; " +
        `${SEARCH_LONGER}, take problems that are solved now and then, or loosen the rules for pairs`,
  );
}

const SEARCH_LONGER = "search longer (more rollouts, candidates or problems)";

/** Failures of a disk that are no fault of the program, by the system's code, and what helps. */
const DISK_FAILURES: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; make room",
  EDQUOT: "the quota of the disk is used up; make room",
  EROFS: "the disk is read-only; mount it for writing",
  EACCES: "the folder may not be written; change its permissions",
};

/** The same kind of error, with the place and the way on. A fault of the program stays as it is. */
export function stageError(
  error: unknown,
  place: { readonly round: number; readonly stage: Stage },
): unknown {
  const { round, stage } = place;
  const tell = (cause: string) => {
    const wayOn = wayOnFrom(error, round);
    return `Cannot finish stage "${stage}" of round ${round}: ${cause}${
      wayOn === null ? "" : `; ${wayOn}`
    }`;
  };
  if (error instanceof StoreError) {
    const { isBusy, isWrongFile, isDamaged } = error;
    return new StoreError(tell(error.message), { isBusy, isWrongFile, isDamaged, cause: error });
  }
  if (error instanceof UsageError) return new UsageError(tell(error.message), { cause: error });
  if (error instanceof InfrastructureError) {
    return new InfrastructureError(error.boundary, tell(error.message), { cause: error });
  }
  if (error instanceof UnreadableModelError) {
    return new UnreadableModelError(tell(error.message), { cause: error });
  }
  const failure = diskFailure(error);
  return failure === null
    ? error
    : new InfrastructureError("store", tell(failure), { cause: error });
}

/** How a run goes on after an error: by the same command only where that does not meet the same error again. `null`: nobody knows. */
function wayOnFrom(error: unknown, round: number): string | null {
  // Whether anything is stored is what a store that fails leaves open; its own sentence says what helps.
  if (error instanceof StoreError) return null;
  const stored = "every stage before it is stored";
  if (error instanceof NothingToTrainOn || error instanceof UnreadableModelError) {
    return `${stored}, and trees are not grown again, unless the round is forgotten ` +
      `(deno task runs delete NAME --from-round ${round}): other settings of search, data or learning, or --new-run, ` +
      "begin a run beside it";
  }
  const when = comesAgain(error) ? "when that is mended, " : "";
  return `${stored}: ${when}the same command goes on from here, one with other settings of search, data or learning ` +
    "begins a run beside it";
}

/** Whether the same command would meet the same error: settings, files, keys and machines do not change by themselves. */
function comesAgain(error: unknown): boolean {
  if (error instanceof ProviderError) return !error.isRetryable;
  return !(error instanceof InfrastructureError) || error instanceof SandboxUnavailableError;
}

function diskFailure(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  const cure = DISK_FAILURES[String(error.code)];
  return cure === undefined ? null : `${error.message}: ${cure}`;
}
