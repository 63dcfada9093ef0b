import { z } from "zod";

/** Pairs of problems that a reward model was not trained on. */
const PairOrder = z.strictObject({
  /** Mean over problems of the share of their pairs in the right order. */
  pairAccuracy: z.number().min(0).max(1),
  pairs: z.int(),
  problems: z.int(),
});

const Curve = z.array(z.strictObject({ step: z.number(), loss: z.number() }));

/** What a checkpoint says of itself: the file `rstar.json` in its folder, written last. */
export const CheckpointSummary = z.object({
  kind: z.string(),
  /** What it was trained on. */
  data: z.object({ sha256: z.string() }),
  steps: z.int(),
  tokens: z.int(),
  seconds: z.number(),
  curve: Curve,
  calibration: z.strictObject({ b: z.number(), tau: z.number().positive() }).nullable(),
  heldOut: PairOrder.extend({
    /**
     * The same over the pairs that come from round 1: the labelled set that all rounds share. `null`: the data holds none, does not
     * name rounds, or the checkpoint is older than this measure.
     */
    round1: PairOrder.nullable().default(null),
  }).nullable(),
  sha256: z.string(),
});

/** What a checkpoint says of itself. */
export type CheckpointSummary = Readonly<z.infer<typeof CheckpointSummary>>;

/** What the trainer says on standard output, one JSON object a line. */
export const TrainerEvent = z.discriminatedUnion("event", [
  z.strictObject({ event: z.literal("progress"), message: z.string() }),
  // What is to be read also when other things have happened since.
  z.strictObject({ event: z.literal("notice"), message: z.string() }),
  z.strictObject({
    event: z.literal("data"),
    rows: z.int(),
    tooLong: z.int(),
    heldOut: z.int(),
    added: z.int(),
  }),
  z.strictObject({ event: z.literal("started"), steps: z.int(), tokens: z.int() }),
  z.strictObject({
    event: z.literal("step"),
    step: z.int(),
    steps: z.int(),
    loss: z.number(),
    tokensPerSecond: z.number(),
    etaSeconds: z.number(),
  }),
  z.strictObject({
    event: z.literal("failed"),
    kind: z.enum(["data", "model", "settings", "memory", "disk", "diverged"]),
    message: z.string(),
  }),
  CheckpointSummary.extend({ event: z.literal("done") }),
]);

/** What the trainer says while it works. */
export type TrainerEvent = Readonly<z.infer<typeof TrainerEvent>>;
