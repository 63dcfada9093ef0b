import { z } from "zod";
import type { Renamed } from "./renamed.ts";
import { isStarterSet } from "../core/mod.ts";
import { serveSettings } from "./serve_settings.ts";
import { SearchOverrides, SynthConfig } from "./synth_config.ts";

/** Settings that mean the same for `synth` and `evolve`: the one definition stands there. */
const {
  problems,
  fields,
  db,
  resume,
  newRun,
  workers,
  log,
  record,
  replay,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
} = SynthConfig.shape;

const names = z.array(z.string().min(1));
const settings = z.record(z.string(), z.json());

/** A command that serves models, argument by argument; no shell reads it. */
const Hooks = z.strictObject({
  serve: z.array(z.string().min(1)).min(1).optional(),
  timeoutSeconds: z.number().positive().optional(),
});

/** How models are trained where our own trainer on this machine is not what one wants. */
const Trainer = z.strictObject({
  command: z.array(z.string().min(1)).min(1).optional(),
  accelerate: z.string().min(1).optional().meta({ path: "read" }),
});

/** Sizes of a run that are not given: `quick` is what tests and a first look use. */
export const EVOLVE_SIZES = {
  standard: {
    rounds: 4,
    ppmFrom: 3,
    problemsPerRound: 120,
    curriculum: "on",
    evalProblems: 200,
    evalSearch: 100,
  },
  quick: {
    rounds: 2,
    ppmFrom: 2,
    problemsPerRound: 60,
    curriculum: "off",
    evalProblems: 100,
    evalSearch: 20,
  },
} as const;

/**
 * Everything `deno task evolve` can be told: the one schema behind the configuration file, `RSTAR_*` variables and the flags.
 * Each field's description is its help text; defaults stand here and nowhere else.
 */
export const EvolveConfig = z.strictObject({
  rounds: z.int().min(1).max(15).optional()
    .describe("Rounds of search and training (default: 4; quick: 2)"),
  quick: z.boolean().default(false)
    .describe("Two small rounds with a PPM in the second: a few minutes, for a first look"),
  problems,
  fields,
  problemsPerRound: z.union([z.literal("all"), z.int().min(1)]).optional()
    .describe(
      "Problems of each round, or all (default: 120 for starter, else all); where every round has the same ones, it searches those of its levels",
    ),
  selection: z.enum(["fresh", "same"]).optional()
    .describe("New problems in every round, or the same (default: fresh for starter, else same)"),
  preset: z.enum(["starter", "paper"]).default("starter")
    .describe("Family of presets: round r searches with preset/r1 to preset/r4"),
  search: SearchOverrides.default({})
    .describe("Further search parameters over those of every round's preset"),
  ppmFrom: z.int().min(2).optional()
    .describe("First round whose search a PPM guides (default: 3; quick: 2)"),
  curriculum: z.enum(["on", "off"]).optional()
    .describe(
      "Follow the preset's curriculum: the levels of each round, further trees for problems not solved yet and, where rounds share " +
        "their problems, no trees for those whose latest trees found right solutions only (default: on; quick: off)",
    ),
  roundBudgetTokens: z.int().min(1).optional()
    .describe(
      "Stop the search of a round after so many generated tokens, and go on with what there is",
    ),
  maxUnfinished: z.number().min(0).max(1).default(0.02)
    .describe(
      "Share of the trees of a search, and of the samples of a measurement, without which a round goes on when the machinery fails " +
        "them; at least one, unless it is 0",
    ),
  base: z.string().min(1).optional()
    .describe(
      "Model that every round trains from: a checkpoint folder (default: the starter base)",
    ).meta({ path: "read" }),
  bootstrap: z.string().min(1).optional()
    .describe(
      "General code model that searches in round 1 in place of the base; needs hooks.serve",
    ).meta({ path: "read" }),
  policyApi: SynthConfig.shape.policyApi
    .describe(
      "Route of the bootstrap model; chat is for general models without the special tokens",
    ),
  sft: settings.default({}).describe("Settings of policy training over its preset's"),
  ppmTraining: settings.default({}).describe("Settings of PPM training over its preset's"),
  training: z.enum(["starter", "paper"]).optional()
    .describe("Preset of training settings (default: that of the family of presets)"),
  trainer: Trainer.default({})
    .describe("Command that trains in place of our trainer, or a configuration file of accelerate"),
  rules: z.enum(["default", "starter", "paper", "released"]).optional()
    .describe(
      "Preset of the rules by which trees become training data (default: those of the starter world, or default)",
    ),
  sftRules: settings.default({}).describe("Further rules for policy data over the preset's"),
  pairRules: settings.default({}).describe("Further rules for preference pairs over the preset's"),
  hooks: Hooks.default({}).describe(
    "Commands that serve a round's models elsewhere, in place of the embedded engine",
  ),
  suites: names.default(["starter_validation"])
    .describe("Suites that every round is measured on; the first one steers until-flat").meta({
      path: "read",
    }),
  evalProblems: z.union([z.literal("all"), z.int().min(0)]).optional()
    .describe("Problems of a suite that the policy alone answers (default: 200; quick: 100)"),
  evalSearch: z.union([z.literal("all"), z.int().min(0)]).optional()
    .describe("Problems of a suite that search answers; 0 measures none (default: 100; quick: 20)"),
  untilFlat: z.number().min(-1).max(1).optional()
    .describe("Stop when a round gains less than this share of the validation problems"),
  quarantineFrom: z.int().min(3).max(15).optional()
    .describe(
      "From this round on, leave out problems whose reference answers look wrong, judging by the trees since the round before it",
    ),
  fromRound: z.int().min(1).max(15).optional()
    .describe("Begin with this round of a run whose earlier ones have their checkpoints"),
  stopAfter: z.enum(["search", "sft", "policy", "pairs", "ppm", "evaluate"]).optional()
    .describe("Stop after this stage of the first round that is not done"),
  run: z.string().min(1).max(100).default("evolve").describe("Name of the run"),
  seed: z.int().min(0).max(255).default(0)
    .describe("Seed of everything random: problems, trees, training"),
  ...serveSettings,
  db,
  resume,
  newRun,
  workers,
  log,
  record,
  replay,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
}).superRefine((config, context) => {
  const contradict = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (config.resume && config.newRun) {
    contradict("resume", "resume insists on an existing run and newRun starts another; give one");
  }
  if (config.record !== undefined && config.replay !== undefined) {
    contradict("record", "record and replay exclude one another; give one");
  }
  if (config.bootstrap !== undefined && config.hooks.serve === undefined) {
    contradict("bootstrap", "needs hooks.serve, which serves it");
  }
  if (config.policyApi === "chat" && config.bootstrap === undefined) {
    contradict("policyApi", "is the route of a bootstrap model; name one with bootstrap");
  }
  if (config.trainer.command !== undefined && config.trainer.accelerate !== undefined) {
    contradict("trainer", "command and accelerate exclude one another; give one");
  }
  if (config.fromRound !== undefined && config.fromRound > roundsOf(config)) {
    contradict("fromRound", `is beyond the last round, ${roundsOf(config)}`);
  }
}).meta({
  renamed: {
    ppm: { key: "ppmTraining", flag: "--ppm-training.<setting>, e.g. --ppm-training.epochs 2" },
    exportPreset: { key: "rules" },
  } satisfies Renamed,
});

/** Everything `deno task evolve` can be told, resolved. */
export type EvolveConfig = z.infer<typeof EvolveConfig>;

/** Rounds of a run; the only size that the schema itself must know. */
function roundsOf(
  config: { readonly rounds?: number | undefined; readonly quick: boolean },
): number {
  return config.rounds ?? EVOLVE_SIZES[config.quick ? "quick" : "standard"].rounds;
}

/** Sizes of a run with what is not given filled in. `null` is all. */
export interface EvolveSizes {
  readonly rounds: number;
  readonly ppmFrom: number;
  readonly problemsPerRound: number | null;
  readonly selection: "fresh" | "same";
  /**
   * Whether rounds keep to the levels that the preset names, unsolved problems get its further trees, and easy ones of the same problems
   * none.
   */
  readonly curriculum: boolean;
  readonly evalProblems: number | null;
  readonly evalSearch: number | null;
}

/** Fills in sizes: a starter world is cut to what two cores do in minutes, other sets are taken whole. */
export function evolveSizes(config: EvolveConfig): EvolveSizes {
  const sizes = EVOLVE_SIZES[config.quick ? "quick" : "standard"];
  const isStarter = isStarterSet(config.problems);
  const number = (value: "all" | number) => value === "all" ? null : value;
  return {
    rounds: roundsOf(config),
    ppmFrom: config.ppmFrom ?? sizes.ppmFrom,
    problemsPerRound: number(
      config.problemsPerRound ?? (isStarter ? sizes.problemsPerRound : "all"),
    ),
    selection: config.selection ?? (isStarter ? "fresh" : "same"),
    curriculum: (config.curriculum ?? sizes.curriculum) === "on",
    evalProblems: number(config.evalProblems ?? sizes.evalProblems),
    evalSearch: number(config.evalSearch ?? sizes.evalSearch),
  };
}
