import { z } from "zod";

/** Details that the row of a round holds besides its models and its state. */
export const RoundParams = z.object({
  /** Preset of the search; `null` for the base. */
  preset: z.string().nullable(),
  usesPpm: z.boolean(),
  /** Problems that it was dealt, those that it left alone included. */
  problems: z.int(),
  /** Problems that got no tree because they were easy by then. */
  leftAlone: z.int().default(0),
  /** Trees that the round went on without. */
  undone: z.int(),
  /** Seconds spent in each stage, by the processes that finished it. */
  seconds: z.record(z.string(), z.number()),
  /** Hash of what was measured; `null` before. */
  evaluation: z.string().nullable(),
  /** Numbers of the evaluations that measured it. */
  evaluations: z.array(z.int()).readonly(),
});

/** Details that the row of a round holds besides its models and its state. */
export type RoundParams = z.infer<typeof RoundParams>;
