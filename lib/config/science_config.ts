import { z } from "zod";
import { type Renamed, renamedSettings } from "./renamed.ts";
import { ConfigError, describeIssues } from "../core/mod.ts";
import { chainSettings } from "./_chain_settings.ts";
import { EvolveConfig } from "./evolve_config.ts";
import { flagName } from "./resolve.ts";

/** Sizes that are not given: `quick` is what tests and a first look use, and shows nothing. */
export const SCIENCE_SIZES = {
  standard: { seeds: 3, rounds: 4, testPolicy: 2_000, testSearch: 500, rollouts: 64 },
  quick: { seeds: 1, rounds: 2, testPolicy: 20, testSearch: 8, rollouts: 4 },
} as const;

/** Settings of evolve that a study sets itself, with its own setting for each: chains and ablations must agree on them. */
const OWN_SETTINGS: ReadonlyMap<string, string> = new Map([
  ...["rounds", "quick", ...Object.keys(chainSettings)].map((key) => [key, key] as const),
  ["seed", "seeds"],
  ["run", "study"],
]);

/**
 * Everything `deno task science` can be told: the one schema behind the configuration file, `RSTAR_*` variables and the flags.
 * Each field's description is its help text; defaults stand here and nowhere else.
 */
export const ScienceConfig = z.strictObject({
  study: z.string().min(1).max(80).default("science")
    .describe("Name of the study; every seed's chain is a run of evolve, NAME-seed-N"),
  quick: z.boolean().default(false)
    .describe("One seed and two small rounds: minutes; it exercises the study and shows nothing"),
  seeds: z.int().min(1).max(64).optional()
    .describe("Repetitions of the whole chain (default: 3; quick: 1)"),
  rounds: z.int().min(2).max(15).optional().describe("Rounds of each (default: 4; quick: 2)"),
  testPolicy: z.int().min(1).optional()
    .describe("Test problems that policies answer alone (default: 2000; quick: 20)"),
  testSearch: z.int().min(1).optional()
    .describe("Test problems that are searched (default: 500; quick: 8)"),
  testCoverage: z.int().min(1).optional()
    .describe(
      "Test problems of levels 3 and up that get a fresh tree of each round's policy (default: as testSearch)",
    ),
  suite: z.string().min(1).default("starter_test")
    .describe("Suite that claims are tested on; rounds are steered by validation problems alone")
    .meta({ path: "read" }),
  evolve: z.record(z.string(), z.json()).default({})
    .describe(
      "Settings of evolve over its defaults, for every seed; not those that science has itself (rounds, workers, trainer ...)",
    ).meta({ settings: EvolveConfig }),
  out: z.string().min(1).optional().describe("Write the study to this Markdown file as well").meta({
    path: "write",
  }),
  ...chainSettings,
}).superRefine(({ evolve }, context) => {
  const renamed = renamedSettings(EvolveConfig);
  for (const key of Object.keys(evolve)) {
    const now = renamed[key];
    if (now !== undefined) {
      context.addIssue({
        code: "custom",
        path: ["evolve", key],
        message: `it is called "${now.key}" now`,
      });
    }
    const own = OWN_SETTINGS.get(key);
    if (own === undefined) continue;
    context.addIssue({
      code: "custom",
      path: ["evolve", key],
      message: `the study sets it for every chain; use its own setting "${own}" (${flagName(own)})`,
    });
  }
}).meta({
  renamed: {
    run: { key: "study" },
  } satisfies Renamed,
});

/** Everything `deno task science` can be told, resolved. */
export type ScienceConfig = z.infer<typeof ScienceConfig>;

/** Sizes of a study with what is not given filled in. */
export interface ScienceSizes {
  readonly seeds: number;
  readonly rounds: number;
  readonly testPolicy: number;
  readonly testSearch: number;
  readonly testCoverage: number;
  /** Rollouts of supervision of reward models. */
  readonly rollouts: number;
}

/** Fills in sizes. */
export function scienceSizes(config: ScienceConfig): ScienceSizes {
  const sizes = SCIENCE_SIZES[config.quick ? "quick" : "standard"];
  return {
    seeds: config.seeds ?? sizes.seeds,
    rounds: config.rounds ?? sizes.rounds,
    testPolicy: config.testPolicy ?? sizes.testPolicy,
    testSearch: config.testSearch ?? sizes.testSearch,
    testCoverage: config.testCoverage ?? config.testSearch ?? sizes.testSearch,
    rollouts: sizes.rollouts,
  };
}

/** Settings that a study passes on to the commands that it is made of. What it prints itself is not among them. */
export function passedOn(config: ScienceConfig) {
  const { trainer, hooks, prices, db, concurrency, requestTimeout, requests } = config;
  const { workers, torch, unsafeNoSandbox, quiet } = config;
  return {
    trainer,
    hooks,
    prices,
    db,
    concurrency,
    requestTimeout,
    requests,
    workers,
    torch,
    unsafeNoSandbox,
    quiet,
  };
}

/**
 * Configuration of the chain of one seed.
 *
 * @throws {ConfigError} If the settings for evolve are none of it.
 */
export function chainConfig(config: ScienceConfig, seed: number): EvolveConfig {
  const parsed = EvolveConfig.safeParse({
    ...config.evolve,
    ...passedOn(config),
    seed,
    run: `${config.study}-seed-${seed}`,
    quick: config.quick,
    rounds: scienceSizes(config).rounds,
  });
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    `Cannot use setting "evolve" of the study: ${describeIssues(parsed.error)}`,
  );
}
