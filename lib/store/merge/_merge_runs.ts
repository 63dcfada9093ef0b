import { z } from "zod";
import { UsageError } from "../../core/mod.ts";
import type { Database } from "../_database.ts";
import { JsonColumn } from "../_json_column.ts";
import { copiedColumns, PART } from "./_columns.ts";
import { matchRuns, type MergedRun, type RunMatch } from "./_match_runs.ts";

const RunRow = z.object({
  run_no: z.number(),
  run_id: z.string(),
  name: z.string(),
  requested_name: z.string(),
  command: z.string(),
  spec: JsonColumn,
  spec_hash: z.string(),
}).transform((row): MergedRun => ({
  runNo: row.run_no,
  runId: row.run_id,
  name: row.name,
  requestedName: row.requested_name,
  command: row.command,
  spec: row.spec,
  specHash: row.spec_hash,
}));

async function readRuns(database: Database, table: string): Promise<readonly MergedRun[]> {
  const rows = await database.rows(
    `SELECT run_no, run_id::VARCHAR AS run_id, name, requested_name, command, spec::VARCHAR AS spec, spec_hash
     FROM ${table} ORDER BY run_no`,
  );
  return rows.map((row) => RunRow.parse(row));
}

/**
 * Brings the runs of the part, their sessions and the states of their rounds; leaves the table `merge_run` (old and new number).
 *
 * @throws {UsageError} If a run went on in two copies, each in its own way.
 */
export async function mergeRuns(
  database: Database,
  names: { readonly part: string; readonly to: string },
): Promise<readonly RunMatch[]> {
  const matches = matchRuns(
    await readRuns(database, "run"),
    await readRuns(database, `${PART}.run`),
  );
  await database.run("CREATE TEMP TABLE merge_run(old_no USMALLINT, new_no USMALLINT)");
  for (const { from, runNo, name, known } of matches) {
    await database.run("INSERT INTO merge_run VALUES ($1, $2)", [from.runNo, runNo]);
    if (known !== null) continue;
    const { names: columns, values } = await copiedColumns(database, "run", {
      run_no: "$1",
      name: "$2",
    });
    await database.run(
      `INSERT INTO run(${columns}) SELECT ${values} FROM ${PART}.run t WHERE t.run_no = $3`,
      [runNo, name, from.runNo],
    );
  }
  await refuseDiverged(database, names);
  await mergeSessions(database);
  await mergeRounds(database);
  return matches;
}

async function mergeSessions(database: Database): Promise<void> {
  const { names, values } = await copiedColumns(database, "session", {
    run_no: "m.new_no",
    session_no:
      "coalesce(last.session_no, 0) + row_number() OVER (PARTITION BY m.new_no ORDER BY t.session_no)",
  });
  await database.run(
    `INSERT INTO session(${names}) SELECT ${values}
     FROM ${PART}.session t JOIN merge_run m ON m.old_no = t.run_no
       LEFT JOIN (SELECT run_no, max(session_no) AS session_no FROM session GROUP BY run_no) last
         ON last.run_no = m.new_no
     WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.run_no = m.new_no AND s.started_at = t.started_at
       AND s.config::VARCHAR = t.config::VARCHAR)`,
  );
}

async function mergeRounds(database: Database): Promise<void> {
  const { names, values } = await copiedColumns(database, "round", { run_no: "m.new_no" });
  await database.run(
    `UPDATE round SET state = t.state, changed_at = t.changed_at
     FROM ${PART}.round t JOIN merge_run m ON m.old_no = t.run_no
     WHERE round.run_no = m.new_no AND round.round_no = t.round_no AND t.changed_at > round.changed_at`,
  );
  await database.run(
    `INSERT INTO round(${names}) SELECT ${values}
     FROM ${PART}.round t JOIN merge_run m ON m.old_no = t.run_no
     WHERE NOT EXISTS (SELECT 1 FROM round o WHERE o.run_no = m.new_no AND o.round_no = t.round_no)`,
  );
}

const Diverged = z.object({ run: z.string(), round_no: z.number(), what: z.string() });

/** Two copies of a run of rounds, each of which trained a model of its own for the same round, hold trees of different searches. */
async function refuseDiverged(
  database: Database,
  { part, to }: { readonly part: string; readonly to: string },
): Promise<void> {
  const models = (table: string) =>
    `SELECT run_no, round_no, role, list(DISTINCT sha256) AS models FROM ${table}
     WHERE kind = 'checkpoint' AND sha256 IS NOT NULL AND run_no IS NOT NULL GROUP BY ALL`;
  const [row] = await database.rows(
    `SELECT r.name AS run, ours.round_no, ours.role AS what
     FROM (${models("artifact")}) ours JOIN merge_run m ON m.new_no = ours.run_no
       JOIN (${models(`${PART}.artifact`)}) theirs
         ON theirs.run_no = m.old_no AND theirs.round_no = ours.round_no AND theirs.role = ours.role
       JOIN run r ON r.run_no = ours.run_no
     WHERE NOT list_has_any(ours.models, theirs.models)
     UNION ALL
     SELECT r.name, o.round_no, 'settings' FROM round o JOIN merge_run m ON m.new_no = o.run_no
       JOIN ${PART}.round t ON t.run_no = m.old_no AND t.round_no = o.round_no JOIN run r ON r.run_no = o.run_no
     WHERE (o.policy, o.ppm, o.params::VARCHAR) IS DISTINCT FROM (t.policy, t.ppm, t.params::VARCHAR)
     ORDER BY ALL LIMIT 1`,
  );
  if (row === undefined) return;
  const { run, round_no, what } = Diverged.parse(row);
  const found = what === "settings"
    ? `round ${round_no} has other models or settings in one than in the other`
    : `the ${what} of round ${round_no} is another model in one than in the other`;
  throw new UsageError(
    `Cannot merge "${part}" into "${to}": run "${run}" went on in both, each in its own way: ${found}; ` +
      `give it another name in one of them (deno task runs rename --db FILE "${run}" NAME) and merge that into another file`,
  );
}
