import { z } from "zod";
import { FieldMappingSetting } from "../core/mod.ts";
import { PRESET_NAMES, SearchSpec } from "../search/mod.ts";
import { DEFAULT_DATABASE } from "./default_database.ts";
import { duration } from "./_duration_field.ts";
import { areUrls, modelPlaces } from "./_model_field.ts";
import { PolicyApi, serveSettings } from "./serve_settings.ts";
import { parseShard } from "./shard.ts";

/** Limits for the trees of one problem, those of all its seeds together. */
const ProblemBudget = z.strictObject({
  tokens: z.int().min(1).optional().describe("Generated tokens"),
  seconds: z.number().positive().optional().describe("Seconds of its trees, added up"),
  price: z.number().positive().optional().describe("Price by the configured prices"),
});

/** Overrides of a preset's search parameters; what is absent keeps the preset's value. */
export const SearchOverrides = z.strictObject(SearchSpec.unwrap().shape).partial();

/**
 * Everything `deno task synth` can be told: the one schema behind the configuration file, `RSTAR_*` variables and the flags.
 * Each field's description is its help text; defaults stand here and nowhere else.
 */
export const SynthConfig = z.strictObject({
  problems: z.string().min(1).default("starter")
    .describe("Problem set by name, or a .jsonl, .json, .csv, .tsv or .parquet file (.gz as well)")
    .meta({ path: "read" }),
  fields: FieldMappingSetting.optional()
    .describe("Fields of a problem file, e.g. question=prompt.0.content,answer=gold"),
  preset: z.enum(PRESET_NAMES).default("starter/r1").describe("Named search parameters"),
  rollouts: z.int().min(1).optional().describe("Rollouts per tree (default: the preset's)"),
  candidates: z.int().min(1).optional()
    .describe("Segments drawn per expansion (default: the preset's)"),
  trees: z.int().min(1).max(4096).optional()
    .describe("Trees per problem, each with its own seed (default: the preset's)"),
  search: SearchOverrides.default({}).describe("Further search parameters over the preset's"),
  policy: modelPlaces.default([])
    .describe(
      "Policy: a checkpoint folder for the embedded engine, or URLs of endpoints with /v1, comma separated (default: the one that ships)",
    ).meta({ path: "read" }),
  policyModel: z.string().min(1).optional()
    .describe("Name under which the endpoints must serve the policy"),
  policyApi: PolicyApi.default("completions")
    .describe("Route of the policy; chat is for general models without the special tokens"),
  ppm: modelPlaces.default([])
    .describe(
      "PPM: a checkpoint folder for the embedded engine, or URLs of endpoints, comma separated",
    ).meta({ path: "read" }),
  ppmModel: z.string().min(1).optional()
    .describe("Name under which the endpoints must serve the PPM"),
  ppmBias: z.number().optional()
    .describe("b of the PPM's scale, tanh((logit - b) / scale) (default: the checkpoint's, or 0)"),
  ppmScale: z.number().positive().optional()
    .describe("Scale of the PPM, tanh((logit - b) / scale) (default: the checkpoint's, or 1)"),
  ...serveSettings,
  db: z.string().min(1).default(DEFAULT_DATABASE).describe("Database file").meta({ path: "write" }),
  run: z.string().min(1).max(100).default("synth").describe("Name of the run"),
  resume: z.boolean().default(false).describe("Insist that the run exists"),
  newRun: z.boolean().default(false).describe("Start over beside an existing run"),
  seed: z.int().min(0).max(4095).default(0).describe("Seed of the first tree of every problem"),
  limit: z.int().min(1).optional()
    .describe("Use the first N problems of a seeded order (default: 50 for starter, else all)"),
  shard: z.string().refine((text) => parseShard(text) !== null, {
    error: "expected a part such as 3/64: its number, from 0 to 63, and how many there are",
  }).optional().describe(
    "Take a part of the problems, e.g. 3/64: the fourth of 64 (from 0), into a database of its own, rstar-03-of-64.duckdb where db " +
      "names none; merge brings them together (docs/clusters.md)",
  ),
  workers: z.union([z.literal("auto"), z.int().min(1)]).default("auto")
    .describe("Sandbox workers, or auto for one per core"),
  budgetTokens: z.int().min(1).optional()
    .describe("Begin no further tree after so many generated tokens"),
  budgetTime: duration.optional().describe("Begin no further tree after, e.g. 90s, 10m, 2h"),
  budgetPrice: z.number().positive().optional()
    .describe("Begin no further tree after so high a price, by the configured prices"),
  problemBudget: ProblemBudget.default({})
    .describe("Begin no further tree of a problem whose trees came to so much"),
  treeTimeout: duration.prefault("1h")
    .describe(
      "Park a tree in which the policy answers nothing and no rollout ends for so long, e.g. 30m",
    ),
  record: z.string().min(1).optional().describe("Record every reply of an endpoint in this file")
    .meta({ path: "write" }),
  replay: z.string().min(1).optional().describe("Answer from the replies recorded in this file")
    .meta({ path: "read" }),
  unsafeNoSandbox: z.string().optional()
    .describe("Run steps without confinement; the value must name the danger (docs/security.md)"),
  log: z.enum(["debug", "info", "warn", "error", "off"]).default("info")
    .describe("Least level of what is written to FILE.log beside the database (debug: every tree)"),
  dryRun: z.boolean().default(false).describe(
    "Print the plan, with an estimate where there is one, do nothing",
  ),
  json: z.boolean().default(false).describe("Print one line of JSON on standard output at the end"),
  quiet: z.boolean().default(false).describe("No progress"),
}).superRefine((config, context) => {
  const contradict = (path: string, message: string) =>
    context.addIssue({ code: "custom", path: [path], message });
  if (config.resume && config.newRun) {
    contradict("resume", "resume insists on an existing run and newRun starts another; give one");
  }
  if (config.record !== undefined && config.replay !== undefined) {
    contradict("record", "record and replay exclude one another; give one");
  }
  if (config.rollouts !== undefined && config.search.rollouts !== undefined) {
    contradict("rollouts", "is given twice, as rollouts and as search.rollouts; give one");
  }
  if (config.candidates !== undefined && config.search.candidates !== undefined) {
    contradict("candidates", "is given twice, as candidates and as search.candidates; give one");
  }
  if ((config.ppmBias ?? config.ppmScale) !== undefined && config.search.calibration) {
    contradict(
      "ppmBias",
      "the PPM's scale is given twice, here and as search.calibration; give one",
    );
  }
  const { policy, ppm } = config.prices;
  if ((config.budgetPrice ?? config.problemBudget.price) !== undefined && !(policy ?? ppm)) {
    contradict("prices", "a budget of money needs prices; give prices.policy, prices.ppm or both");
  }
  for (const role of ["policy", "ppm"] as const) {
    if (config[`${role}Model`] === undefined || areUrls(config[role])) continue;
    contradict(
      `${role}Model`,
      `is the name of a model behind endpoints, and ${role} names none; a checkpoint folder is given as ${role} (--${role} FOLDER)`,
    );
  }
  if (config.policyApi === "chat" && !areUrls(config.policy)) {
    contradict("policyApi", "chat needs an endpoint of its own; the embedded engine has none");
  }
});

/** Everything `deno task synth` can be told, resolved. */
export type SynthConfig = z.infer<typeof SynthConfig>;
