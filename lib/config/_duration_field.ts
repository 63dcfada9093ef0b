import { z } from "zod";
import { parseDuration } from "./duration.ts";

/** Seconds, written as a duration such as `90s`. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const seconds = parseDuration(String(value));
  if (seconds === null) {
    context.addIssue({ code: "custom", message: "expected a duration such as 90s, 10m or 2h" });
    return z.NEVER;
  }
  return seconds;
});
