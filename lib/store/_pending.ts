import { z } from "zod";
import { elementAt } from "./_element_at.ts";
import { appendRows, type Columns } from "./_append.ts";
import type { Database } from "./_database.ts";
import type { PendingRequest, PendingTree } from "./store.ts";
import { packTreeId } from "./tree_id.ts";

interface Wanted {
  readonly position: number;
  readonly value: number;
}

const WANTED_COLUMNS: Columns<Wanted> = [["position", (w) => w.position], [
  "value",
  (w) => w.value,
]];
const Positions = z.union([
  z.tuple([]),
  z.tuple([z.array(z.number()), z.array(z.number())]),
]);

/** What is still to be done, by an anti-join over the keys (storage.md 5). */
export async function pendingTrees(
  database: Database,
  request: PendingRequest & { readonly problemNos: readonly number[] },
): Promise<readonly PendingTree[]> {
  const { runNo, roundNo, problemIds, problemNos, seeds, maxFailures } = request;
  const round = packTreeId({ runNo, roundNo, problemNo: 0, seed: 0 });
  const columns = await database.transaction(async () => {
    await putWanted(database, "wanted_problem", problemNos);
    await putWanted(database, "wanted_seed", seeds);
    const found = await database.columns(
      `WITH wanted AS (
         SELECT $1::UBIGINT | (p.value::UBIGINT << 12) | s.value::UBIGINT AS tree_id,
           p.position AS problem_position, s.position AS seed_position
         FROM wanted_problem p CROSS JOIN wanted_seed s),
       failed AS (SELECT tree_id FROM attempt GROUP BY tree_id HAVING count(*) >= $2)
       SELECT problem_position, seed_position
       FROM wanted ANTI JOIN tree USING (tree_id) ANTI JOIN failed USING (tree_id)
       ORDER BY seed_position, problem_position`,
      [String(round), maxFailures],
    );
    await database.run("DROP TABLE wanted_problem; DROP TABLE wanted_seed");
    return Positions.parse(found);
  });
  const [problemPositions = [], seedPositions = []] = columns;
  return problemPositions.map((position, i) => ({
    problemId: elementAt(problemIds, position),
    seed: elementAt(seeds, elementAt(seedPositions, i)),
  }));
}

async function putWanted(
  database: Database,
  table: string,
  values: readonly number[],
): Promise<void> {
  await database.run(`CREATE OR REPLACE TEMP TABLE ${table}(position UINTEGER, value UINTEGER)`);
  await appendRows(database, table, {
    columns: WANTED_COLUMNS,
    rows: values.map((value, position) => ({ position, value })),
    catalog: "temp",
  });
}
