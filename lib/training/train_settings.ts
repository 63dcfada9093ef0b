import { z } from "zod";
import { ConfigError, describeIssues, type SpecKind } from "../core/mod.ts";

/** Kinds of training: of the policy, the PPM, and the two reward models that the PPM is compared with. */
export const TRAINING_KINDS = ["sft", "ppm", "outcome", "q_regression"] as const;

/** Kind of training. */
export type TrainingKind = typeof TRAINING_KINDS[number];

/** Settings of a training. Each field's description is its help text. */
export const TrainSettings = z.strictObject({
  epochs: z.number().positive().describe("Passes over the data"),
  maxSteps: z.int().min(1).nullable()
    .describe("Optimiser steps in place of epochs (null: by epochs)"),
  learningRate: z.number().positive()
    .describe("Peak of AdamW's learning rate; it decays linearly"),
  batchSize: z.int().min(1)
    .describe("Traces, or groups of pairs, of one optimiser step, over all devices"),
  deviceBatchSize: z.int().min(1).nullable()
    .describe("The same of one device at a time; gradients are accumulated (null: an equal share)"),
  maxLength: z.int().min(16).describe("Longest text in tokens; longer ones are left out"),
  weightDecay: z.number().min(0).describe("Weight decay of AdamW"),
  adamBeta2: z.number().gt(0).lt(1).describe("Second beta of AdamW"),
  warmupSteps: z.int().min(0).describe("Steps of linear warm-up"),
  maxGradNorm: z.number().positive().describe("Gradients are clipped to this norm"),
  bf16: z.boolean().describe("Computes in bfloat16"),
  gradientCheckpointing: z.boolean().describe("Computes activations again to save memory"),
  packing: z.boolean().describe("Lays traces end to end in place of padding (policy only)"),
  headDropout: z.number().min(0).lt(1).describe("Dropout before the scalar head"),
  tanh: z.boolean().describe("Whether pairs are compared by tanh of the logits"),
  heldOut: z.number().min(0).max(0.5)
    .describe("Share of problems that a reward model is judged and calibrated on, not trained"),
  saveSteps: z.int().min(1).nullable()
    .describe("Keeps a state to go on from every so many steps (null: never)"),
  threads: z.int().min(1).nullable().describe("Threads of torch on a CPU (null: one per core)"),
  lora: z.strictObject({
    rank: z.int().min(1),
    alpha: z.int().min(1),
    dropout: z.number().min(0).lt(1),
  }).nullable().describe("Low-rank adapters in place of all weights; merged at the end"),
});

/** Settings of a training. */
export type TrainSettings = Readonly<z.infer<typeof TrainSettings>>;

/** Settings that cost memory or time and change nothing of what is learnt, but for the order of sums. */
const COSTS = {
  deviceBatchSize: true,
  gradientCheckpointing: true,
  saveSteps: true,
  threads: true,
} as const;

const LearningSettings = TrainSettings.omit(COSTS).strip();

/** Settings on which what is learnt depends. */
export type LearningSettings = Readonly<z.infer<typeof LearningSettings>>;

/** The settings on which what is learnt depends: two trainings that agree in them are one. */
export function learningSettings(settings: TrainSettings): LearningSettings {
  return LearningSettings.parse(settings);
}

/** Settings of a training as they are stored. One that is added is named here with what was done before there was one. */
export const TRAIN_SETTINGS: SpecKind<TrainSettings> = {
  name: "settings of a training",
  schema: TrainSettings,
  added: [],
};

/** The part of them that is stored with a run. */
export const LEARNING_SETTINGS: SpecKind<LearningSettings> = {
  name: "settings that are learnt by",
  schema: LearningSettings,
  added: TRAIN_SETTINGS.added.map((fields) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in COSTS)))
  ),
};

/** Names of the presets of training settings. */
export const TRAINING_PRESETS = ["starter", "paper"] as const;

/** Name of a preset of training settings. */
export type TrainingPreset = typeof TRAINING_PRESETS[number];

const COMMON: TrainSettings = {
  epochs: 2,
  maxSteps: null,
  learningRate: 7e-6,
  batchSize: 128,
  deviceBatchSize: 1,
  maxLength: 4096,
  weightDecay: 0,
  adamBeta2: 0.999,
  warmupSteps: 0,
  maxGradNorm: 1,
  bf16: true,
  gradientCheckpointing: true,
  packing: false,
  headDropout: 0.1,
  tanh: false,
  heldOut: 0.1,
  saveSteps: 500,
  threads: null,
  lora: null,
};

/**
 * A million parameters on two cores. Policies learn at a third of the other models' rate: at 1e-3 a few hundred traces unteach the base how
 * to read long stories (benchmarks/log/2026-11.md, "Recipe of the starter policies").
 */
const STARTER: TrainSettings = {
  ...COMMON,
  epochs: 4,
  learningRate: 1e-3,
  batchSize: 16,
  deviceBatchSize: null,
  weightDecay: 0.01,
  adamBeta2: 0.95,
  warmupSteps: 10,
  bf16: false,
  gradientCheckpointing: false,
  saveSteps: null,
};

/** Settings by preset and kind; `paper`: arXiv 2501.04519. */
const PRESETS: Readonly<Record<TrainingPreset, Readonly<Record<TrainingKind, TrainSettings>>>> = {
  starter: {
    sft: { ...STARTER, learningRate: 3e-4 },
    ppm: { ...STARTER, epochs: 3 },
    outcome: { ...STARTER, epochs: 3 },
    q_regression: { ...STARTER, epochs: 3 },
  },
  paper: {
    sft: COMMON,
    ppm: { ...COMMON, epochs: 1, batchSize: 512, tanh: true },
    outcome: { ...COMMON, epochs: 1, batchSize: 512 },
    q_regression: { ...COMMON, epochs: 1, batchSize: 512 },
  },
};

/**
 * Settings of a preset with some replaced.
 *
 * @throws {ConfigError} If a setting is unknown or out of range.
 */
export function trainSettings(
  kind: TrainingKind,
  options: {
    readonly preset?: TrainingPreset;
    readonly overrides?: Readonly<Record<string, unknown>>;
  } = {},
): TrainSettings {
  const { preset = "starter", overrides = {} } = options;
  const parsed = TrainSettings.safeParse({ ...PRESETS[preset][kind], ...overrides });
  if (parsed.success) return divisible(kind, parsed.data);
  throw new ConfigError(
    `Cannot use these settings of training "${kind}": ${describeIssues(parsed.error)}`,
  );
}

/** Over how many devices is known to the trainer alone, which asks for more. */
function divisible(kind: TrainingKind, settings: TrainSettings): TrainSettings {
  const { batchSize, deviceBatchSize } = settings;
  if (deviceBatchSize === null || batchSize % deviceBatchSize === 0) return settings;
  throw new ConfigError(
    `Cannot use these settings of training "${kind}": batchSize ${batchSize} is no multiple of deviceBatchSize ${deviceBatchSize}`,
  );
}
