/**
 * Ablation of a policy's training data (paper, Table 7): step-verified traces of the search, or whole samples of the same policy at the
 * same tokens, ranked by an outcome model or taken at random. All arms have as many traces of the problems that every one of them
 * solved so often, and the same optimiser steps, so that nothing but the quality of the traces differs; what each arm solves is told apart.
 */
import { UsageError } from "../core/mod.ts";
import type { SftRules, TreeSource } from "../export/mod.ts";
import type { Ablation, ArmMeasure } from "./ablation.ts";
import type { Laboratory, Model } from "./laboratory.ts";
import { headlineScores } from "./_scores.ts";
import { drawSamples, SAMPLES_KEY } from "./_samples.ts";
import { solvedProblems, tokensByProblem } from "./_trees.ts";

/** Figure of the traces that luck let through: what step verification is to keep out. */
export const FALSE_STEPS = "share of traces with a false step";

/** Arms by name. */
const ARMS = {
  verified: "step-verified",
  ranked: "rejection sampling",
  random: "random correct samples",
} as const;

type ArmName = typeof ARMS[keyof typeof ARMS];

interface ArmData {
  readonly arm: ArmName;
  readonly trees: TreeSource;
  readonly rules: SftRules;
}

/** `ablate sft`: compares choices of the traces that a policy is trained on. */
export const SFT_ABLATION: Ablation = {
  name: "sft",
  question: "Which traces make the better policy?",
  arms: [
    {
      name: ARMS.verified,
      meaning: "the traces of highest mean Q in the round's trees",
    },
    {
      name: ARMS.ranked,
      meaning: "right samples at the same tokens, those that an outcome model ranks highest",
    },
    { name: ARMS.random, meaning: "right samples of the same pool, at random" },
  ],
  plan: ({ source, settings }) => [
    `Samples of the policy of round ${
      source.round - 1
    } for ${source.problemIds.length} problems, as many tokens as their trees took ` +
    `(run part "${SAMPLES_KEY}")`,
    `For each of ${settings.seeds} seeds: an outcome model, three policies from the base, each measured greedily`,
  ],
  measure: measureArms,
};

async function measureArms(
  seed: number,
  laboratory: Laboratory,
): Promise<ReadonlyMap<string, ArmMeasure>> {
  const { source } = laboratory;
  const samples = await drawSamples(laboratory);
  const ranker = await trainRanker(seed, laboratory);
  await laboratory.score(samples, ranker, "answers");
  const arms = armData(seed, { laboratory, samples, ranker });
  const only = await commonProblems(arms, laboratory);
  const measures = new Map<string, ArmMeasure>();
  for (const { arm, trees, rules } of arms) {
    const key = `seed-${seed}/${arm.replaceAll(" ", "-")}`;
    const data = await laboratory.traces({ key: `${key}/sft`, trees, rules, only });
    const policy = await laboratory.train({
      key: `${key}/policy`,
      kind: "sft",
      data,
      seed,
      base: source.base,
      // Equal rows give equal steps by epochs as well; said outright, no setting can part them.
      steps: Math.ceil(data.rows / source.training.sft.batchSize) *
        Math.ceil(source.training.sft.epochs),
    });
    const solved = await solvedProblems(laboratory.reader, trees);
    measures.set(arm, {
      scores: [
        headlineScores(
          await laboratory.evaluate({ label: `${arm}, seed ${seed}`, mode: "greedy", policy }),
          { mode: "greedy" },
        ),
      ],
      figures: {
        "share solved": source.problemIds.filter((id) => solved.has(id)).length /
          source.problemIds.length,
        [FALSE_STEPS]: await laboratory.falseStepShare(data),
        "traces": data.rows,
        "tokens of the data": await totalTokens(laboratory, trees),
      },
    });
  }
  return measures;
}

/** An outcome model, trained on right and wrong solutions of all rounds so far, as a PPM would be. */
async function trainRanker(seed: number, laboratory: Laboratory): Promise<Model> {
  const { source } = laboratory;
  const data = await laboratory.pairs({
    key: "ranker/pairs",
    trees: {
      runNo: source.trees.runNo,
      rounds: Array.from({ length: source.round }, (_, index) => index + 1),
    },
    rules: { ...source.pairRules, stepPairs: false, answerPairs: false, finalPairs: true },
  });
  return await laboratory.train({
    key: `seed-${seed}/ranker`,
    kind: "outcome",
    data,
    seed,
    base: source.searchPolicy,
  });
}

function armData(
  seed: number,
  { laboratory: { source, settings: { traces } }, samples, ranker }: {
    readonly laboratory: Laboratory;
    readonly samples: TreeSource;
    readonly ranker: Model;
  },
): readonly ArmData[] {
  const rules = { ...source.sftRules, perProblem: traces, minPerProblem: traces };
  return [
    {
      arm: ARMS.verified,
      trees: source.trees,
      rules: { ...rules, order: "mean-q", scorer: null },
    },
    {
      arm: ARMS.ranked,
      trees: samples,
      rules: { ...rules, order: "score", scorer: ranker.artifactId },
    },
    { arm: ARMS.random, trees: samples, rules: { ...rules, order: "random", scorer: null, seed } },
  ];
}

/** Problems of which every arm has all its traces. */
async function commonProblems(
  arms: readonly ArmData[],
  laboratory: Laboratory,
): Promise<ReadonlySet<string>> {
  let common = new Set(laboratory.source.problemIds);
  for (const { trees, rules } of arms) {
    const counts = await laboratory.countTraces({ trees, rules, only: common });
    common = new Set([...common].filter((id) => counts.has(id)));
  }
  if (common.size > 0) return common;
  throw new UsageError(
    `Cannot compare traces of round ${laboratory.source.round}: there is no problem of which every arm has ${laboratory.settings.traces} ` +
      "different right ones; take more problems, or fewer traces",
  );
}

async function totalTokens(
  { reader, source }: Laboratory,
  trees: TreeSource,
): Promise<number> {
  const tokens = await tokensByProblem(reader, trees);
  return source.problemIds.reduce((sum, id) => sum + (tokens.get(id) ?? 0), 0);
}
