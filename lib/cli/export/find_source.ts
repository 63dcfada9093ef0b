import { UsageError } from "../../core/mod.ts";
import type { TreeSource } from "../../export/mod.ts";
import { allRows, type SqlReader } from "../../store/mod.ts";

/** Trees that a user asks for, by run and round. */
export interface SourceRequest {
  /** Name of the run; the newest one that has trees where it is left out. */
  readonly run?: string | undefined;
  /** A round, a list of rounds, or `all`. */
  readonly round: string;
}

/**
 * The trees that are meant.
 *
 * @throws {UsageError} If there is no such run, or it has no trees of a round.
 */
export async function findSource(
  reader: SqlReader,
  { run, round }: SourceRequest,
): Promise<TreeSource> {
  const runs = await allRows(
    reader.query(`SELECT r.run_no, r.name, list(DISTINCT t.round_no ORDER BY t.round_no)
     FROM run r JOIN tree t USING (run_no) GROUP BY ALL ORDER BY 1`),
  );
  const found = run === undefined ? runs.at(-1) : runs.find(([, name]) => name === run);
  if (found === undefined) {
    const names = runs.map(([, name]) => name).join(", ") || "none";
    throw new UsageError(
      `Cannot export ${
        run === undefined ? "trees" : `run "${run}"`
      }: runs with trees are: ${names}`,
    );
  }
  const [runNo, name, known] = found;
  const stored = Array.isArray(known) ? known.map(Number) : [];
  const rounds = round === "all" ? stored : parseRounds(round);
  const missing = rounds.filter((one) => !stored.includes(one));
  if (missing.length === 0) return { runNo: Number(runNo), rounds };
  throw new UsageError(
    `Cannot export round ${missing.join(", ")} of run "${name}": it has trees of round ${
      stored.join(", ")
    }`,
  );
}

function parseRounds(text: string): readonly number[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => /^\d{1,2}$/.test(part))) {
    return [...new Set(parts.map(Number))].sort((a, b) => a - b);
  }
  throw new UsageError(
    `Cannot use --round ${text}: expected a number, a list such as 1,2, or all`,
  );
}
