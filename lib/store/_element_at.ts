import { StoreError } from "../core/mod.ts";

/**
 * An element that a query's answer points to.
 *
 * @throws {StoreError} If there is none: then the query is wrong.
 */
export function elementAt<T>(list: readonly T[], index: number): T {
  const element = list[index];
  if (element === undefined) {
    throw new StoreError(
      `Cannot read a query's answer: expected fewer than ${list.length} rows, got row ${index}`,
    );
  }
  return element;
}
