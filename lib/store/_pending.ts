import { z } from "zod";
import type { Database } from "./_database.ts";
import { elementAt } from "./_element_at.ts";
import type { PendingRequest, PendingTree } from "./store.ts";
import { packTreeId } from "./tree_id.ts";

const Offsets = z.union([z.tuple([]), z.tuple([z.array(z.number())])]);

/** Seeds of one problem: the lowest bits of a tree's id. */
const SEEDS = 2 ** 12;

/** Trees of one round: the bits of an id below the round's. */
const ROUND_SIZE = 2 ** 36;

/**
 * What is still to be done (storage.md 5). Only what is done is read: the keys of a round lie side by side, and marking them here is
 * many times faster than handing all wanted keys to DuckDB and back.
 */
export async function pendingTrees(
  database: Database,
  request: PendingRequest & { readonly problemNos: readonly number[] },
): Promise<readonly PendingTree[]> {
  const { problemIds, problemNos, seeds } = request;
  const done = await doneSeeds(database, request);
  const pending: PendingTree[] = [];
  for (const seed of seeds) {
    const marks = done.get(seed);
    problemNos.forEach((problemNo, i) => {
      if (marks?.[problemNo] !== 1) pending.push({ problemId: elementAt(problemIds, i), seed });
    });
  }
  return pending;
}

/** For each wanted seed, a mark at the number of every problem whose tree is stored or was given up. */
async function doneSeeds(
  database: Database,
  { runNo, roundNo, seeds, maxFailures, problemNos }: PendingRequest & {
    readonly problemNos: readonly number[];
  },
): Promise<ReadonlyMap<number, Uint8Array>> {
  const first = packTreeId({ runNo, roundNo, problemNo: 0, seed: 0 });
  const [offsets = []] = Offsets.parse(
    await database.columns(
      `SELECT (tree_id - $1::UBIGINT)::DOUBLE FROM (
         SELECT tree_id FROM tree WHERE tree_id BETWEEN $1::UBIGINT AND $2::UBIGINT
         UNION ALL
         SELECT tree_id FROM attempt WHERE tree_id BETWEEN $1::UBIGINT AND $2::UBIGINT
         GROUP BY tree_id HAVING count(*) >= $3)`,
      [String(first), String(first + BigInt(ROUND_SIZE - 1)), maxFailures],
    ),
  );
  const size = 1 + problemNos.reduce((largest, one) => Math.max(largest, one), 0);
  const marks = new Map(seeds.map((seed) => [seed, new Uint8Array(size)]));
  for (const offset of offsets) {
    const of = marks.get(offset % SEEDS);
    const problemNo = Math.floor(offset / SEEDS);
    if (of !== undefined && problemNo < size) of[problemNo] = 1;
  }
  return marks;
}
