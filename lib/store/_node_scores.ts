import type { Database } from "./_database.ts";
import type { NodeScore } from "./store.ts";

/** Rows of one statement. */
const BATCH = 256;

/** Keeps scores in one transaction; those that are there already stay. */
export async function saveNodeScores(
  database: Database,
  scorer: number,
  scores: readonly NodeScore[],
): Promise<void> {
  checkScores(scores);
  await database.transaction(async () => {
    for (let start = 0; start < scores.length; start += BATCH) {
      const batch = scores.slice(start, start + BATCH);
      const rows = batch.map((_, i) =>
        `($${3 * i + 2}::UBIGINT, $${3 * i + 3}::UINTEGER, $1::UINTEGER, $${3 * i + 4}::DOUBLE)`
      );
      await database.run(
        `INSERT INTO node_score SELECT v.* FROM (VALUES ${
          rows.join(", ")
        }) v(tree_id, node_id, scorer, score)
         ANTI JOIN node_score USING (tree_id, node_id, scorer)`,
        [
          scorer,
          ...batch.flatMap(({ treeId, nodeId, score }) => [treeId, nodeId, score]),
        ],
      );
    }
  });
}

/** @throws {RangeError} If a score is no finite number. */
export function checkScores(scores: readonly NodeScore[]): void {
  const odd = scores.find(({ score }) => !Number.isFinite(score));
  if (odd === undefined) return;
  throw new RangeError(
    `Cannot keep the score of node ${odd.nodeId} of tree ${odd.treeId}: expected a finite number, got ${odd.score}`,
  );
}
