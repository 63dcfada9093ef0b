import { z } from "zod";

/** Pairs of problems that a reward model was not trained on. */
const PairOrder = z.strictObject({
  /** Mean over problems of the share of their pairs in the right order. */
  pairAccuracy: z.number().min(0).max(1),
  pairs: z.int(),
  problems: z.int(),
});

/** Scale of a PPM, `q0 = tanh((logit - b) / tau)`. */
const Calibration = z.strictObject({
  b: z.number(),
  tau: z.number().positive(),
  /**
   * Data that it was fitted on: groups of held-out problems, or groups that the model was trained on, for which it is made wider. `null`:
   * nothing was fitted (the loss had this scale), or the checkpoint is older than this note.
   */
  fittedOn: z.enum(["held-out", "training"]).nullable().default(null),
  groups: z.int().min(0).nullable().default(null),
  problems: z.int().min(0).nullable().default(null),
});

const Curve = z.array(z.strictObject({ step: z.number(), loss: z.number() }));

/** Summary of a checkpoint: the file `rstar.json` in its folder, written last. */
export const CheckpointSummary = z.object({
  kind: z.string(),
  /** Data that it was trained on. */
  data: z.object({ sha256: z.string() }),
  steps: z.int(),
  tokens: z.int(),
  seconds: z.number(),
  curve: Curve,
  calibration: Calibration.nullable(),
  heldOut: PairOrder.extend({
    /**
     * The same over the pairs that come from round 1: the labelled set that all rounds share. `null`: the data holds none, does not
     * name rounds, or the checkpoint is older than this measure.
     */
    round1: PairOrder.nullable().default(null),
  }).nullable(),
  sha256: z.string(),
});

/** Summary of a checkpoint. */
export type CheckpointSummary = Readonly<z.infer<typeof CheckpointSummary>>;

/** Event that the trainer reports on standard output, one JSON object a line. */
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
    /** Traces of more than one row: their tokens differ where a server is asked to go on. */
    inParts: z.int().optional(),
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

/** Event that the trainer reports while it works. */
export type TrainerEvent = Readonly<z.infer<typeof TrainerEvent>>;
