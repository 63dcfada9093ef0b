import type { Json } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";

/** Longest time for one question of the page: a person does not wait longer. */
const TIMEOUT_MS = 60_000;

/** All rows of a statement; what the page sent is in `parameters`, never in the statement. */
export async function readRows(
  reader: SqlReader,
  sql: string,
  parameters: readonly (string | number | boolean)[] = [],
): Promise<readonly (readonly Json[])[]> {
  const { batches } = await reader.query(sql, { parameters, timeoutMs: TIMEOUT_MS });
  const all: (readonly Json[])[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
