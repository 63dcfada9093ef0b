import { InfrastructureError, type Reporter } from "../core/mod.ts";
import { MAX_FAILURES } from "./synth/jobs.ts";

/** Options of {@linkcode requireFinished}. */
export interface FinishedOptions {
  /** Name of the things that are counted: `trees of starter/r1`. */
  readonly what: string;
  /** How many there are, those included that were finished before. */
  readonly total: number;
  /** Share of them that may stay unfinished, 0 to 1: at least one, unless it is 0. */
  readonly maxUnfinished: number;
  readonly reporter: Pick<Reporter, "warn">;
}

/**
 * Insists that all but a small share of some work was finished, and says when it goes on without some of it: what the machinery fails
 * now and then is not to end a week of the rest.
 *
 * @throws {InfrastructureError} If more is unfinished.
 */
export function requireFinished(unfinished: number, options: FinishedOptions): void {
  if (unfinished === 0) return;
  const { what, total, maxUnfinished, reporter } = options;
  const allowed = maxUnfinished === 0 ? 0 : Math.max(1, Math.floor(maxUnfinished * total));
  const found = `${unfinished} of ${total} ${what} could not be finished, for the reasons above`;
  const limit = `at most ${allowed} may stay so (--max-unfinished ${maxUnfinished})`;
  if (unfinished > allowed) throw new InfrastructureError("process", `${found}; ${limit}`);
  reporter.warn(`${found}: going on without them, ${limit}`);
}

/** Says what becomes of the trees that are left undone: the same command goes on with those that were not given up. */
export function undoneWayOn(
  { undone, givenUp }: { readonly undone: number; readonly givenUp: number },
): string {
  if (givenUp === 0) return "the same command goes on with them";
  const others = undone - givenUp;
  return (others === 0 ? "" : `the same command goes on with ${others} of them; `) +
    `${givenUp} are given up, because they failed ${MAX_FAILURES} times (select * from attempt)`;
}
