import type { Database } from "../_database.ts";
import { copiedColumns, countRows, PART } from "./_columns.ts";

/** Properties by which the same artifact is known in two databases: all but where it lies. */
const IDENTITY = ["kind", "round_no", "role", "sha256", "n_rows", "meta", "made_at"];

/**
 * Brings the artifacts that are not there, with their parents and curves; leaves the table `merge_artifact` (old and new number).
 *
 * @param folder Folder of the part, where it is another one than that of the merged database: rows name files relative to it.
 */
export async function mergeArtifacts(database: Database, folder: string | null): Promise<number> {
  const identity = IDENTITY.map((column) => `s.${column} IS NOT DISTINCT FROM t.${column}`);
  await database.run(
    `CREATE TEMP TABLE merge_artifact AS
     SELECT old_id, known IS NULL AS is_fresh, coalesce(known,
       (SELECT coalesce(max(artifact_id), 0) FROM artifact)
         + row_number() OVER (PARTITION BY known IS NULL ORDER BY old_id)) AS new_id
     FROM (SELECT t.artifact_id AS old_id, min(s.artifact_id) AS known
       FROM ${PART}.artifact t LEFT JOIN merge_run m ON m.old_no = t.run_no
         LEFT JOIN artifact s ON ${
      identity.join(" AND ")
    } AND s.run_no IS NOT DISTINCT FROM m.new_no
       GROUP BY t.artifact_id)`,
  );
  const fresh = "JOIN merge_artifact f ON f.old_id = t.artifact_id AND f.is_fresh";
  const { names, values } = await copiedColumns(database, "artifact", {
    artifact_id: "f.new_id",
    run_no: "m.new_no",
    ...(folder !== null && { location: movedLocation }),
  });
  await database.run(
    `INSERT INTO artifact(${names}) SELECT ${values} FROM ${PART}.artifact t ${fresh}
       LEFT JOIN merge_run m ON m.old_no = t.run_no ORDER BY f.new_id`,
    folder === null ? [] : [folder],
  );
  await database.run(
    `INSERT INTO artifact_parent(artifact_id, parent_id) SELECT f.new_id, p.new_id
     FROM ${PART}.artifact_parent t ${fresh} JOIN merge_artifact p ON p.old_id = t.parent_id ORDER BY t.rowid`,
  );
  const metric = await copiedColumns(database, "metric", { artifact_id: "f.new_id" });
  await database.run(
    `INSERT INTO metric(${metric.names}) SELECT ${metric.values} FROM ${PART}.metric t ${fresh} ORDER BY t.rowid`,
  );
  return await countRows(database, "SELECT 1 FROM merge_artifact WHERE is_fresh");
}

/** Relative paths are meant from the folder of their database, but the name of a model that others made stays what it is. */
const movedLocation =
  `CASE WHEN t.location LIKE '/%' OR regexp_matches(t.location, '^https?://') OR (t.round_no = 0 AND t.role <> 'ppm')
     THEN t.location ELSE $1 || '/' || t.location END`;
