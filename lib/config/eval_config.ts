import { z } from "zod";
import type { Renamed } from "./renamed.ts";
import { EVALUATION_MODES } from "../core/mod.ts";
import { areUrls, modelPlaces } from "./_model_field.ts";
import { serveSettings } from "./serve_settings.ts";
import { SearchOverrides, SynthConfig } from "./synth_config.ts";

/** Settings that mean the same for `synth` and `eval`: the one definition stands there. */
const {
  fields,
  shard,
  policyApi,
  db,
  workers,
  budgetTokens,
  budgetTime,
  record,
  replay,
  unsafeNoSandbox,
  dryRun,
  json,
  quiet,
} = SynthConfig.shape;

const names = z.array(z.string().min(1));

/** Settings that come from the stored evaluation where `like` names one. */
const SAID_BY_LIKE = [
  ...["mode", "k", "prompt", "limit", "level", "subject", "ids", "temperature", "topP"] as const,
  ...["maxTokens", "modelLength", "preset", "rollouts", "candidates"] as const,
];

/**
 * Everything `deno task eval` can be told: the one schema behind the configuration file, `RSTAR_*` variables and the flags.
 * Each field's description is its help text; defaults stand here and nowhere else.
 */
export const EvalConfig = z.strictObject({
  suite: names.default(["starter_test"])
    .describe(
      "Suites, groups (paper, quick, starter, control), suite or problem files of your own, comma separated",
    ).meta({ path: "read" }),
  fields,
  mode: z.array(z.enum(EVALUATION_MODES)).min(1).optional()
    .describe(
      "greedy, sample, bon, mcts, beam, comma separated (default: greedy; with --all-rounds mcts as well)",
    ),
  k: z.int().min(1).max(65_535).optional()
    .describe(
      "Samples of a problem; trees for mcts (default: the suite's; 1 for greedy, mcts, beam)",
    ),
  round: z.int().min(0).max(15).optional()
    .describe("Measure the checkpoints of this round of a run; 0 is the base"),
  allRounds: z.boolean().default(false).describe("Measure every round of a run and compare them"),
  run: z.string().min(1).max(100).optional()
    .describe("Run whose rounds are meant (default: the newest evolve run)"),
  policy: modelPlaces.optional()
    .describe(
      "Policy: a checkpoint folder, or URLs of endpoints, comma separated; with round, what serves that round's policy in place of the " +
        "embedded engine",
    ).meta({ path: "read" }),
  ppm: modelPlaces.optional()
    .describe("PPM: a checkpoint folder, or URLs of endpoints, comma separated").meta({
      path: "read",
    }),
  base: z.string().min(1).optional()
    .describe("Folder of the run's base (default: where it was, or the one that ships)").meta({
      path: "read",
    }),
  policyModel: z.string().min(1).optional().describe("Model that the policy endpoint must serve"),
  ppmModel: z.string().min(1).optional().describe("Model that the PPM endpoint must serve"),
  policyApi,
  prompt: z.enum(["trained", "bootstrap"]).optional()
    .describe(
      "Bare prompt, or instructions with examples for a general model (default: the suite's)",
    ),
  noCode: z.boolean().default(false)
    .describe("For models that only talk: no code is run, the answer is taken from the reply"),
  like: z.string().min(1).optional()
    .describe(
      "Measure as a stored evaluation was (number, or round-N if that is one): same problems, samples, sampling and seed, so that the two pair",
    ),
  limit: z.int().min(1).optional()
    .describe(
      "Use the first N problems of a seeded order (default: 200 of a starter suite, else all)",
    ),
  shard,
  level: z.array(z.coerce.number().int()).optional().describe("Problems of these levels only"),
  subject: names.optional().describe("Problems of these subjects only"),
  ids: names.optional().describe("These problems only"),
  temperature: z.number().min(0).max(5).optional()
    .describe("Sampling temperature (default: the suite's, or the preset's for mcts and beam)"),
  topP: z.number().gt(0).max(1).optional().describe(
    "Sample from the likeliest tokens with this total probability (default: the suite's or the preset's)",
  ),
  maxTokens: z.int().min(16).optional().describe("Tokens of one solution (default: the suite's)"),
  modelLength: z.int().min(64).optional()
    .describe("Context length of the policy that is used, tokens (default: the suite's)"),
  preset: SynthConfig.shape.preset.unwrap().optional()
    .describe("Named search parameters of mcts and beam (default: the suite's)"),
  rollouts: z.int().min(1).optional()
    .describe("Trajectories of one search tree (default: the preset's)"),
  candidates: z.int().min(1).optional()
    .describe("Segments drawn per expansion (default: the preset's)"),
  search: SearchOverrides.default({}).describe("Further search parameters over the preset's"),
  width: z.int().min(1).max(1_024).default(8).describe("Paths that a step beam keeps"),
  ppmBias: SynthConfig.shape.ppmBias,
  ppmScale: SynthConfig.shape.ppmScale,
  ...serveSettings,
  db,
  resume: z.boolean().default(false).describe("Insist that the evaluation exists"),
  newEval: z.boolean().default(false).describe("Start over beside an existing evaluation"),
  seed: z.int().min(0).max(2 ** 31 - 1).default(0).describe("Seed of everything random"),
  workers,
  budgetTokens: budgetTokens.describe("Begin no further sample after so many generated tokens"),
  budgetTime: budgetTime.describe("Begin no further sample after, e.g. 90s, 10m, 2h"),
  record,
  replay,
  unsafeNoSandbox,
  csv: z.string().min(1).optional().describe("Write the figures to this CSV file as well").meta({
    path: "write",
  }),
  markdown: z.string().min(1).optional().describe("Write the tables to this Markdown file as well")
    .meta({ path: "write" }),
  html: z.string().min(1).optional().describe("Write a page with charts to this file as well").meta(
    { path: "write" },
  ),
  dryRun,
  json,
  quiet,
}).superRefine((config, context) => {
  const contradict = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (config.allRounds && config.round !== undefined) {
    contradict("round", "round and allRounds exclude one another; give one");
  }
  if (config.round !== undefined && config.policy !== undefined && !areUrls(config.policy)) {
    contradict(
      "policy",
      "round and a folder as policy exclude one another; give one, or URLs that serve the policy of that round",
    );
  }
  if (config.allRounds && config.policy !== undefined) {
    contradict(
      "policy",
      "is one model, or serves that of one round; allRounds measures all; give one",
    );
  }
  if (config.base !== undefined && !config.allRounds && config.round !== 0) {
    contradict(
      "base",
      "is measured as round 0; give round 0 or allRounds, or the folder as policy",
    );
  }
  if (config.base !== undefined && config.policy !== undefined) {
    contradict("base", "policy serves it; give one");
  }
  if (config.resume && config.newEval) {
    contradict("resume", "resume insists on an evaluation and newEval starts another; give one");
  }
  const fixed = config.like === undefined
    ? []
    : SAID_BY_LIKE.filter((key) => config[key] !== undefined);
  for (const key of fixed) {
    contradict(key, "like takes it from the stored evaluation; leave it out");
  }
  if (config.record !== undefined && config.replay !== undefined) {
    contradict("record", "record and replay exclude one another; give one");
  }
  for (const key of ["rollouts", "candidates"] as const) {
    if (config[key] !== undefined && config.search[key] !== undefined) {
      contradict(key, `is given twice, as ${key} and as search.${key}; give one`);
    }
  }
  const searches = config.mode?.filter((mode) => mode === "mcts" || mode === "beam") ?? [];
  if (config.noCode && searches.length > 0) {
    contradict("noCode", `${searches.join(" and ")} search over steps of code; leave noCode out`);
  }
  if (config.allRounds && config.ppm !== undefined) {
    contradict("ppm", "every round has its own; leave it out");
  }
}).meta({
  renamed: {
    checkpoint: { key: "policy" },
  } satisfies Renamed,
});

/** Everything `deno task eval` can be told, resolved. */
export type EvalConfig = z.infer<typeof EvalConfig>;
