import { z } from "zod";
import { StoreError } from "../../core/mod.ts";
import { countTorn } from "../_consistency.ts";
import { openDatabase } from "../_database.ts";
import { checkVersion } from "../_migrate.ts";

/** A database that can be merged. */
export interface InspectedPart {
  readonly path: string;
  readonly trees: number;
  /** Text by which parts are put in order: it says what is in them, so that the order in which they are named changes nothing. */
  readonly order: string;
}

const Order = z.object({
  begun: z.string(),
  print: z.string(),
  trees: z.bigint().transform(Number),
});

/** Tables whose contents tell two databases apart. */
const TOLD_APART = [
  "problem",
  "tree",
  "attempt",
  "evaluation",
  "eval_sample",
  "verdict",
  "artifact",
  "reply",
];

/**
 * Looks whether a database can be merged.
 *
 * @param memoryMiB Memory that it may take.
 * @throws {StoreError} If it is not there, held by another process, damaged, of another version, or holds half a tree.
 */
export async function inspectPart(path: string, memoryMiB: number): Promise<InspectedPart> {
  using database = await openDatabase(path, { access: "READ_ONLY", memoryMiB });
  await checkVersion(database);
  const torn = await countTorn(database);
  if (torn > 0) {
    throw new StoreError(
      `Cannot merge "${path}": ${torn} of its trees are not whole, as in a file that was copied while a process wrote it; ` +
        "copy it anew with deno task runs snapshot",
      { isDamaged: true },
    );
  }
  const prints = TOLD_APART.map((table) =>
    `(SELECT coalesce(bit_xor(hash(t)), 0)::VARCHAR FROM ${table} t)`
  );
  const [row] = await database.rows(
    `SELECT coalesce((SELECT min(created_at) FROM run)::VARCHAR, '') AS begun,
       ${prints.join(" || ' ' || ")} AS print, (SELECT count(*) FROM tree) AS trees`,
  );
  const { begun, print, trees } = Order.parse(row);
  return { path, trees, order: `${begun} ${print}` };
}
