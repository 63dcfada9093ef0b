import { DuckDBBitValue } from "@duckdb/node-api";
import { z } from "zod";
import type { Database } from "./_database.ts";
import { type MarksOfSeed, pendingFrom } from "./_pending_trees.ts";
import type { PendingRequest, PendingTrees } from "./store.ts";
import { packTreeId } from "./tree_id.ts";

const Mark = z.object({
  seed: z.number(),
  is_stored: z.boolean(),
  bits: z.instanceof(DuckDBBitValue),
});

/** Trees of one round: the bits of an id below the round's. */
const ROUND_SIZE = 2 ** 36;

/**
 * Finds what is still to be done (docs/architecture.md, "Resume"). Only what is done is read, as a bit for each problem: the keys of a
 * round lie side by side, so that DuckDB marks 747,000 of them in a few milliseconds, and no key is handed over.
 */
export async function pendingTrees(
  database: Database,
  request: PendingRequest,
): Promise<PendingTrees> {
  const { runNo, roundNo, problemNos, seeds, maxFailures } = request;
  if (problemNos.length === 0 || seeds.length === 0) return pendingFrom(request, () => NO_MARKS);
  const first = packTreeId({ runNo, roundNo, problemNo: 0, seed: 0 });
  const largest = largestOf(problemNos);
  const rows = await database.rows(
    // The bounds of bitstring_agg must be constants; this one is a number that was checked when it was packed.
    `SELECT (place & 4095)::INTEGER AS seed, is_stored, bitstring_agg((place >> 12)::INTEGER, 0, ${largest}) AS bits
     FROM (
       SELECT (tree_id - $1::UBIGINT)::BIGINT AS place, true AS is_stored
       FROM tree WHERE tree_id BETWEEN $1::UBIGINT AND $2::UBIGINT
       UNION ALL
       SELECT (tree_id - $1::UBIGINT)::BIGINT, false
       FROM attempt WHERE tree_id BETWEEN $1::UBIGINT AND $2::UBIGINT
       GROUP BY tree_id HAVING count(*) >= $3)
     WHERE place >> 12 <= ${largest} AND place & 4095 BETWEEN $4 AND $5 GROUP BY ALL`,
    [
      ...[String(first), String(first + BigInt(ROUND_SIZE - 1)), maxFailures],
      ...[seeds.reduce((a, b) => Math.min(a, b)), seeds.reduce((a, b) => Math.max(a, b))],
    ],
  );
  const stored = new Map<number, Uint8Array>();
  const givenUp = new Map<number, Uint8Array>();
  for (const row of rows) {
    const { seed, is_stored, bits } = Mark.parse(row);
    (is_stored ? stored : givenUp).set(seed, bits.data);
  }
  const bitOf = bitReader(largest + 1);
  return pendingFrom(request, (seed) => {
    const [storedBits, givenUpBits] = [stored.get(seed), givenUp.get(seed)];
    return {
      isStored: (problemNo) => bitOf(storedBits, problemNo),
      isGivenUp: (problemNo) => bitOf(givenUpBits, problemNo),
    };
  });
}

const NO_MARKS: MarksOfSeed = { isStored: () => false, isGivenUp: () => false };

/** @throws {RangeError} If one is no number of a problem. */
function largestOf(problemNos: readonly number[]): number {
  const largest = problemNos.reduce((a, b) => Math.max(a, b));
  packTreeId({ runNo: 0, roundNo: 0, problemNo: largest, seed: 0 });
  return largest;
}

/**
 * Reads bits of BIT values of this length, 0 where there is no value. DuckDB puts the number of padding bits into the first byte and the
 * padding before the bits, the highest of a byte first; `DuckDBBitValue.getBool` finds that out anew for each bit.
 */
function bitReader(length: number): (data: Uint8Array | undefined, index: number) => boolean {
  const padding = 8 + (8 - length % 8) % 8;
  return (data, index) => {
    if (data === undefined) return false;
    const at = index + padding;
    return ((data[at >> 3] ?? 0) >> (7 - (at & 7)) & 1) === 1;
  };
}
