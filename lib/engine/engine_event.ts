import { z } from "zod";

const Model = z.strictObject({
  parameters: z.int().nonnegative(),
  maxLength: z.int().positive(),
});

/** Events that the engine's process writes to standard output, one JSON object per line. */
export const EngineEvent = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("progress"), message: z.string() }),
  z.strictObject({ event: z.literal("failed"), message: z.string() }),
  z.strictObject({
    event: z.literal("ready"),
    port: z.int().min(1).max(65535),
    device: z.string(),
    policy: Model.nullable(),
    ppm: Model.nullable(),
  }),
]);

/** Event that the engine's process writes to standard output. */
export type EngineEvent = z.infer<typeof EngineEvent>;

/** A model that the engine serves. */
export interface ServedModel extends z.infer<typeof Model> {
  /** Name that requests give as `model`. */
  readonly name: string;
}
