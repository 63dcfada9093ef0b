import { z } from "zod";
import { parseShard, shardOf, type SynthConfig } from "../../config/mod.ts";
import {
  ConfigError,
  describeIssues,
  hashSeed,
  isStarterSet,
  type Json,
  partOfSpec,
  type Problem,
  seededRandom,
  shuffled,
  type SpecKind,
  storedSpec,
  upgradeSpec,
  withField,
} from "../../core/mod.ts";
import { PRESETS, SEARCH_SPEC, SearchSpec } from "../../search/mod.ts";
import {
  DEFAULT_POLICY,
  type ModelIdentity,
  type ModelPair,
  type ModelSource,
  modelSource,
  ppmCalibration,
  type WantedModels,
} from "../../models/mod.ts";
import { limitsSpec } from "../limits_spec.ts";
import { loadProblemSet, type ProblemSet } from "../problem_set.ts";

/** Problems of a starter set that a bare `synth` takes. */
const STARTER_LIMIT = 50;

/** Plan of a run of `synth`, made before anything is started. */
export interface SynthPlan {
  readonly problems: readonly Problem[];
  /** Text about the problem set, for a plan, and to be printed before any run. */
  readonly set: Pick<ProblemSet, "lines" | "notices">;
  readonly spec: SearchSpec;
  readonly seeds: readonly number[];
  readonly models: WantedModels;
}

/**
 * Resolves problems, search parameters and seeds.
 *
 * @throws {UsageError} If the set does not exist, nothing is left of it, or the parameters contradict each other.
 */
export async function planSynth(config: SynthConfig): Promise<SynthPlan> {
  const { gradable, lines, notices } = await loadProblemSet(config.problems, config);
  const limit = config.limit ?? (isStarterSet(config.problems) ? STARTER_LIMIT : gradable.length);
  // One order for all limits: a larger limit holds the smaller one, and continues its run.
  const order = shuffled(seededRandom(hashSeed("problem order")), gradable);
  const trees = config.trees ?? PRESETS[config.preset].trees;
  if (config.seed + trees > 4096) {
    throw new ConfigError(
      `Cannot use seeds ${config.seed} to ${config.seed + trees - 1}: expected at most 4095`,
    );
  }
  const models = modelsOf(config);
  const spec = await withCalibration(searchSpec(config), config, models.ppm);
  return {
    problems: partOf(order.slice(0, limit), config),
    set: { lines, notices },
    spec,
    seeds: Array.from({ length: trees }, (_, i) => config.seed + i),
    models: { ...models, policyApi: config.policyApi, calibration: spec.calibration ?? null },
  };
}

/** The problems of a shard. A problem's part follows from its place in the order alone, so that a larger limit makes every part larger. */
function partOf(problems: readonly Problem[], { shard: text }: SynthConfig): readonly Problem[] {
  const shard = text === undefined ? null : parseShard(text);
  if (shard === null || shard.count <= problems.length) return shardOf(problems, shard);
  throw new ConfigError(
    `Cannot take part ${shard.index} of ${shard.count}: there are ${problems.length} problems only; use at most as many parts`,
  );
}

/** Where the models are: endpoints, or folders for the embedded engine. */
function modelsOf({ policy, policyModel, ppm, ppmModel }: SynthConfig): ModelPair {
  return {
    policy: modelSource(policy, policyModel) ?? { kind: "folder", folder: DEFAULT_POLICY },
    ppm: modelSource(ppm, ppmModel),
  };
}

/** The scale of a PPM changes what a tree is, so it stands in the specification, wherever it comes from. */
async function withCalibration(
  spec: SearchSpec,
  config: SynthConfig,
  ppm: ModelSource | null,
): Promise<SearchSpec> {
  if (spec.guidance === "terminal") {
    if ((config.ppmBias ?? config.ppmScale) === undefined) return spec;
    throw new ConfigError(
      "Cannot use --ppm-bias and --ppm-scale: this search asks no PPM; name one with --ppm",
    );
  }
  const isGiven = (config.ppmBias ?? config.ppmScale) !== undefined;
  if (!isGiven && spec.calibration !== null) return spec;
  return { ...spec, calibration: await ppmCalibration(config, ppm) };
}

/** The preset with what the user changed of it. */
function searchSpec(config: SynthConfig): SearchSpec {
  const { spec } = PRESETS[config.preset];
  const result = SearchSpec.safeParse({
    ...spec,
    ...config.search,
    ...(config.rollouts === undefined ? {} : { rollouts: config.rollouts }),
    ...(config.candidates === undefined ? {} : { candidates: config.candidates }),
  });
  if (!result.success) {
    throw new ConfigError(
      `Cannot use preset "${config.preset}" with these settings: ${
        describeIssues(result.error, "search")
      }`,
    );
  }
  const hasPpm = config.ppm.length > 0;
  if (result.data.guidance === "ppm" && !hasPpm) {
    throw new ConfigError(
      `Cannot use preset "${config.preset}": its search is guided by a PPM; name one with --ppm`,
    );
  }
  if (result.data.guidance === "terminal" && hasPpm) {
    throw new ConfigError(
      `Cannot use a PPM with preset "${config.preset}": its search is guided by answers alone; ` +
        'set search.guidance to "ppm", or leave the PPM out',
    );
  }
  return result.data;
}

/**
 * Everything that changes the meaning of a tree, and nothing else: the same specification continues its run. How many problems
 * and seeds are wanted is not in it, so a larger `--limit` or `--trees` goes on where the smaller one ended.
 */
export function runSpec(config: SynthConfig, plan: SynthPlan, models: ModelIdentity): Json {
  return storedSpec(SYNTH_SPEC, {
    problems: config.problems,
    fields: config.fields ?? null,
    search: plan.spec,
    policyApi: config.policyApi,
    policy: models.policy,
    ppm: models.ppm,
    limits: limitsSpec(),
  });
}

/** Specifications of runs of `synth` as they are stored. What is added to them is named here with what was done before. */
export const SYNTH_SPEC: SpecKind<{ readonly search: SearchSpec }> = {
  name: "specification of a run of synth",
  schema: z.object({ search: partOfSpec(SEARCH_SPEC) }),
  added: [
    { fields: null },
  ],
  parts: (spec) => withField(spec, "search", (search) => upgradeSpec(SEARCH_SPEC, search)),
};

/** A rollout draws at several nodes on its way down: 1,393 draws in 308 rollouts of 50 starter problems. */
const EXPANSIONS_PER_ROLLOUT = 4.5;

/** Estimates what the trees of a plan draw: an upper limit of rollouts, and about how many candidates. */
export function planEstimate(plan: SynthPlan): {
  readonly trees: number;
  readonly rollouts: number;
  readonly candidates: number;
} {
  const trees = plan.problems.length * plan.seeds.length;
  const rollouts = trees * plan.spec.rollouts;
  return { trees, rollouts, candidates: rollouts * plan.spec.candidates * EXPANSIONS_PER_ROLLOUT };
}
