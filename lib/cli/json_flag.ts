import type { z } from "zod";
import { describeIssues, parseJson, UsageError } from "../core/mod.ts";

/**
 * Reads the value of a flag that takes JSON.
 *
 * @param expected What it should be, e.g. `a JSON object of settings`.
 * @throws {UsageError} If it is no JSON, or not what the schema asks for.
 */
export function parseJsonFlag<T>(
  flag: string,
  text: string,
  options: { readonly schema: z.ZodType<T>; readonly expected: string },
): T {
  const { schema, expected } = options;
  const value = parseJson(text);
  if (value === undefined) {
    throw new UsageError(`Cannot read ${flag} ${text}: expected ${expected}, got no JSON`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `Cannot read ${flag} ${text}: expected ${expected}; ${describeIssues(parsed.error)}`,
  );
}
