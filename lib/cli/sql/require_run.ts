import { z } from "zod";
import { nearest, UsageError } from "../../core/mod.ts";
import { allRows, type SqlReader } from "../../store/mod.ts";

const Names = z.array(z.tuple([z.string()]));

/**
 * Insists that a database holds a run: an analysis of one that it does not hold would show no rows, as of one in which nothing
 * happened.
 *
 * @throws {UsageError} If it does not; with what was meant, or what there is.
 */
export async function requireRun(reader: SqlReader, run: string): Promise<void> {
  const rows = await allRows(reader.query("SELECT name FROM run ORDER BY run_no"));
  const names = Names.parse(rows).map(([name]) => name);
  if (names.includes(run)) return;
  const meant = nearest(run, names);
  throw new UsageError(
    `Cannot look at run "${run}": there is none of this name; ` +
      (meant === null ? `stored: ${names.join(", ") || "none"}` : `did you mean "${meant}"?`),
  );
}
