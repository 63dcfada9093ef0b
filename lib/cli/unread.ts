import { UnreadableModelError } from "../core/mod.ts";
import type { RunSummary } from "../store/mod.ts";

/** Candidates that end like this were not read. */
const UNREAD: readonly string[] = ["unparsable", "truncated"];

/**
 * Refuses a search that solved nothing because not one candidate could be read.
 *
 * @throws {UnreadableModelError} If it is so.
 */
export function requireRead({ solved, statuses }: Pick<RunSummary, "solved" | "statuses">): void {
  const drawn = Object.entries(statuses);
  if (solved > 0 || drawn.length === 0) return;
  if (drawn.some(([status]) => !UNREAD.includes(status))) return;
  const counts = drawn.map(([status, n]) => `${n} ${status}`).join(", ");
  throw new UnreadableModelError(
    `Cannot solve anything: not one candidate could be read (${counts}); deno task sql errors shows what the model wrote, ` +
      "and deno task doctor --policy URL what its server does; delete the run (deno task runs delete NAME) or begin another with --new-run",
  );
}
