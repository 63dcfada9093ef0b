import { z } from "zod";
import type { Json } from "../core/mod.ts";

/** A value as JSON has it: what JSON cannot say (functions, `undefined`) is left out. */
export function asJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)));
}
