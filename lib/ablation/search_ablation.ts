/**
 * Whether search is worth its tokens: against as many samples of the same policy at the same temperature, chosen by the same PPM or by
 * vote. Told apart by problems whose most frequent answer is right and wrong, for voting can only lose the latter, and in the control
 * world, where no answer is wrong by misconception.
 */
import { DEFAULT_CALIBRATION, type PpmCalibration } from "../core/mod.ts";
import {
  bestOfMetric,
  type GradedProblem,
  majorityMetric,
  type ProblemMetric,
  weightedVoteMetric,
} from "../evaluation/mod.ts";
import type { Ablation, ArmMeasure, ArmScores } from "./ablation.ts";
import { costOf, scoresAtCost } from "./_equal_cost.ts";
import type { Laboratory } from "./laboratory.ts";
import { headlineScores } from "./_scores.ts";

/** Samples from which the price of one is learnt, before as many are drawn as the search is worth. */
const FIRST_SAMPLES = 2;

/** Samples of a problem at most; where they cost less than the search, the figures say so. */
const MOST_SAMPLES = 256;

/** Seed of the samples that say what the policy answers most often: others than those that are chosen from. */
const MODE_SEED = 1_000_003;

const RULES = {
  best: "best-of-N",
  majority: "majority",
  weighted: "weighted majority",
} as const;

/** `ablate search`: compares ways to search with the same models. */
export const SEARCH_ABLATION: Ablation = {
  name: "search",
  question: "Is search worth its tokens?",
  arms: [
    { name: "search", meaning: "one tree guided by the PPM" },
    {
      name: RULES.best,
      meaning:
        "as many tokens of samples, drawn as the search draws, the one that the PPM likes best",
    },
    {
      name: RULES.majority,
      meaning: "as many tokens of such samples, without the PPM; most votes win",
    },
    { name: RULES.weighted, meaning: "as many tokens of such samples, votes weighted by the PPM" },
    { name: "greedy", meaning: "one answer at temperature 0; it cannot use more tokens" },
  ],
  plan: ({ settings }) => [
    `For each of ${settings.seeds} seeds: search, samples for as many tokens, greedy answers; ${settings.samples} further samples ` +
    "of a problem for its most frequent answer",
  ],
  measure: async (seed, laboratory) => {
    const own = await measureWorld(seed, { laboratory, world: "" });
    if (laboratory.control === null) return own;
    const control = await measureWorld(seed, {
      laboratory: laboratory.control,
      world: "control world: ",
    });
    return new Map([...own].map(([arm, { scores, figures }]) => [arm, {
      scores: [...scores, ...control.get(arm)?.scores ?? []],
      figures: { ...figures, ...control.get(arm)?.figures },
    }]));
  },
};

async function measureWorld(
  seed: number,
  { laboratory, world }: { readonly laboratory: Laboratory; readonly world: string },
): Promise<ReadonlyMap<string, ArmMeasure>> {
  const { policy, ppm } = laboratory.source;
  const ask = (mode: "mcts" | "bon" | "greedy" | "sample", samples: number, of = seed) =>
    laboratory.evaluate({
      mode,
      samples,
      policy,
      seed: of,
      label: `${mode}, seed ${of}`,
      ...(mode === "mcts" || mode === "bon" ? { ppm } : {}),
      // At another temperature the comparison would be one of temperatures as well.
      ...(mode === "bon" ? { sampling: laboratory.searchSampling } : {}),
    });
  const search = await ask("mcts", 1);
  const greedy = await ask("greedy", 1);
  const cost = costOf(search);
  const price = costOf(await ask("bon", FIRST_SAMPLES), { withPpm: false });
  const wanted = Math.ceil(cost / price) + 1;
  const samples = await ask("bon", Math.min(MOST_SAMPLES, Math.max(FIRST_SAMPLES, wanted)));
  const frequent = await ask("sample", laboratory.settings.samples, seed + MODE_SEED);
  const arms = new Map<string, { readonly scores: ArmScores; readonly tokens: number }>([
    ["search", { scores: headlineScores(search, { mode: "mcts" }), tokens: cost }],
    ["greedy", { scores: headlineScores(greedy, { mode: "greedy" }), tokens: costOf(greedy) }],
  ]);
  for (const [name, rule] of rulesOf(ppm.calibration)) {
    const withPpm = name !== RULES.majority;
    const { scores, tokens } = scoresAtCost(samples, { rule, cost, withPpm });
    arms.set(name, { scores: { metric: "pass@1", scores }, tokens });
  }
  const isFrequentRight = frequentRight(frequent);
  return new Map([...arms].map(([name, { scores: { scores }, tokens }]) => [name, {
    scores: [
      { metric: `${world}pass@1`, scores },
      ...split(scores, isFrequentRight).map(({ metric, scores }) => ({
        metric: `${world}pass@1, ${metric}`,
        scores,
        isChosen: true,
      })),
    ],
    figures: { [`${world}tokens a problem`]: tokens },
  }]));
}

function rulesOf(
  calibration: PpmCalibration | null,
): readonly (readonly [string, (k: number) => ProblemMetric])[] {
  return [
    [RULES.best, bestOfMetric],
    [RULES.majority, majorityMetric],
    [RULES.weighted, (k) => weightedVoteMetric(k, calibration ?? DEFAULT_CALIBRATION)],
  ];
}

/** Problems whose most frequent answer is right; of tied ones, at least as many right as wrong. */
function frequentRight(problems: readonly GradedProblem[]): ReadonlyMap<string, boolean> {
  return new Map(problems.map(({ problemId, samples }) => [
    problemId,
    majorityMetric(samples.length).score(samples) >= 0.5,
  ]));
}

/** Scores of problems whose most frequent answer is right, and of the others; a side without problems is left out. */
function split(
  scores: ReadonlyMap<string, number>,
  isRight: ReadonlyMap<string, boolean>,
): readonly ArmScores[] {
  return ([[true, "most frequent answer right"], [false, "most frequent answer wrong"]] as const)
    .map(([side, metric]) => ({
      metric,
      scores: new Map([...scores].filter(([id]) => isRight.get(id) === side)),
    }))
    .filter(({ scores }) => scores.size > 0);
}
