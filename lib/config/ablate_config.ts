import { z } from "zod";
import { chainSettings } from "./_chain_settings.ts";

/** Sizes that are not given: `quick` is what tests and a first look use. `null` is all. */
export const ABLATE_SIZES = {
  standard: {
    problems: null,
    evalProblems: 200,
    seeds: 3,
    samples: 16,
    traces: 2,
    rollouts: [2, 4, 8, 16, 64],
  },
  quick: { problems: 24, evalProblems: 40, seeds: 1, samples: 4, traces: 2, rollouts: [2, 8] },
} as const;

/**
 * Everything `deno task ablate` can be told: the one schema behind the configuration file, `RSTAR_*` variables and the flags.
 * Each field's description is its help text; defaults stand here and nowhere else.
 */
export const AblateConfig = z.strictObject({
  run: z.string().min(1).max(100).optional()
    .describe("Run of evolve that it is made from (default: the newest)"),
  round: z.int().min(1).max(15).optional()
    .describe("Round of it whose trees and models are used (default: the last that is done)"),
  base: z.string().min(1).optional()
    .describe("Folder of the run's base (default: where it was, or the one that ships)").meta({
      path: "read",
    }),
  quick: z.boolean().default(false).describe("Few problems, one seed: minutes, for a first look"),
  problems: z.int().min(1).optional()
    .describe("Problems of the round that are used (default: all; quick: 24)"),
  evalProblems: z.int().min(1).optional()
    .describe("Problems of the suite that arms are measured on (default: 200; quick: 40)"),
  evalSearch: z.int().min(1).optional()
    .describe(
      "Problems of them, of level 3 and up, that get fresh trees in ablation round (default: all)",
    ),
  seeds: z.int().min(1).max(64).optional()
    .describe("Seeds of what is trained and drawn (default: 3; quick: 1)"),
  samples: z.int().min(2).max(1_024).optional()
    .describe(
      "Samples that say what a policy answers most often, in ablation search (default: 16; quick: 4)",
    ),
  traces: z.int().min(1).max(16).optional()
    .describe(
      "Traces of a problem that policies are trained on, where arms have equally many (default: 2)",
    ),
  rollouts: z.array(z.coerce.number().int().min(1)).min(1).optional()
    .describe("Rollouts of supervision, comma separated (default: 2,4,8,16,64; quick: 2,8)"),
  suite: z.string().min(1).default("starter_validation").describe(
    "Suite that arms are measured on",
  ).meta({ path: "read" }),
  control: z.string().min(1).max(100).optional()
    .describe(
      "Run of evolve in the control world, where search is then compared as well (made by evolve --run NAME " +
        "--problems control --base fixtures/starter/control --suites control_validation)",
    ),
  controlSuite: z.string().min(1).default("control_validation").describe("Suite of that world")
    .meta({ path: "read" }),
  ...chainSettings,
});

/** Everything `deno task ablate` can be told, resolved. */
export type AblateConfig = z.infer<typeof AblateConfig>;

/** Sizes of an ablation with what is not given filled in. */
export interface AblateSizes {
  /** `null` is all of the round. */
  readonly problems: number | null;
  readonly evalProblems: number;
  readonly searchProblems: number;
  readonly seeds: number;
  readonly samples: number;
  readonly traces: number;
  /** Ascending. */
  readonly rollouts: readonly number[];
}

/** Sizes that are given; of the others those of `quick`, or the standard ones, are taken. */
export type GivenSizes = Pick<
  AblateConfig,
  "quick" | "problems" | "evalProblems" | "evalSearch" | "seeds" | "samples" | "traces" | "rollouts"
>;

/** Fills in sizes. */
export function ablateSizes(config: GivenSizes): AblateSizes {
  const sizes = ABLATE_SIZES[config.quick ? "quick" : "standard"];
  return {
    problems: config.problems ?? sizes.problems,
    evalProblems: config.evalProblems ?? sizes.evalProblems,
    searchProblems: config.evalSearch ?? config.evalProblems ?? sizes.evalProblems,
    seeds: config.seeds ?? sizes.seeds,
    samples: config.samples ?? sizes.samples,
    traces: config.traces ?? sizes.traces,
    rollouts: [...new Set(config.rollouts ?? sizes.rollouts)].sort((a, b) => a - b),
  };
}
