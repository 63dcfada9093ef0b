/**
 * Which reward model makes the better search (paper, Table 8): a PPM, an outcome model or Q regression, trained on the same supervision
 * from the same policy. First each of them ranks one fixed pool of trajectories, after so and so many rollouts of supervision; then,
 * with the most of it, each guides the same search.
 */
import { bestOfMetric, type GradedProblem } from "../evaluation/mod.ts";
import {
  type ExportedProblem,
  readProblems,
  trajectories,
  type TreeSource,
} from "../export/mod.ts";
import type { SearchSpec } from "../search/mod.ts";
import type { TrainingKind } from "../training/mod.ts";
import type { Ablation, ArmMeasure, ArmScores } from "./ablation.ts";
import type { Laboratory, Model } from "./laboratory.ts";
import { headlineScores } from "./_scores.ts";
import { PAIR_KINDS, type PairKind, truePreference } from "./_sibling_truth.ts";

/** Arms by name. */
const KINDS: Readonly<Record<string, Exclude<TrainingKind, "sft">>> = {
  "PPM": "ppm",
  "outcome model": "outcome",
  "Q regression": "q_regression",
};

/** Rollouts of a tree of the pool. */
const POOL_ROLLOUTS = 8;

/** `ablate reward`: compares reward models that are trained on the same trees. */
export const REWARD_ABLATION: Ablation = {
  name: "reward",
  question: "Which reward model makes the better search?",
  arms: [
    { name: "PPM", meaning: "pairwise ranking loss on preference pairs (Eq. 4)" },
    { name: "outcome model", meaning: "the same loss on whole trajectories alone" },
    { name: "Q regression", meaning: "squared error against the Q of the same texts (PQM)" },
  ],
  plan: ({ source, settings }) => [
    `Supervision: trees of ${
      mostRollouts(settings)
    } rollouts for ${source.problemIds.length} problems by the policy of round ${source.round}`,
    `Pool: a tree of ${POOL_ROLLOUTS} rollouts for every problem of the suite`,
    `For each of ${settings.seeds} seeds: three models after ${
      settings.rollouts.join(", ")
    } rollouts, each ranking the pool; the last ones guide a search`,
  ],
  measure: measureArms,
};

async function measureArms(
  seed: number,
  laboratory: Laboratory,
): Promise<ReadonlyMap<string, ArmMeasure>> {
  const { source, settings } = laboratory;
  const supervision = await laboratory.trees({
    key: "supervision",
    policy: source.policy,
    ppm: null,
    seeds: [0],
    spec: unguided(source.search, mostRollouts(settings)),
    problemIds: source.problemIds,
  });
  const pool = await laboratory.trees({
    key: "pool",
    policy: source.policy,
    ppm: null,
    seeds: [0],
    spec: unguided(source.search, POOL_ROLLOUTS),
    problemIds: laboratory.suiteProblems.map(({ id }) => id),
  });
  const measures = new Map<string, ArmMeasure>();
  for (const [arm, kind] of Object.entries(KINDS)) {
    const scores: ArmScores[] = [];
    let last: Model | null = null;
    for (const rollouts of settings.rollouts) {
      last = await trainAfter(rollouts, { kind, arm, seed, supervision, laboratory });
      await laboratory.score(pool, last, "all");
      scores.push(...await ranked(pool, { model: last, rollouts, laboratory }));
    }
    if (last !== null) {
      const search = { label: `${arm}, seed ${seed}`, mode: "mcts", seed } as const;
      const guided = await laboratory.evaluate({ ...search, policy: source.policy, ppm: last });
      scores.push(headlineScores(guided, { mode: "mcts", of: "guided search " }));
    }
    measures.set(arm, { scores, figures: {} });
  }
  return measures;
}

/** Turns settings into those of a search without a reward model and without an early end: for the supervision and the pool. */
function unguided(search: SearchSpec, rollouts: number): SearchSpec {
  return { ...search, rollouts, guidance: "terminal", prescreen: null, earlyStop: false };
}

function mostRollouts({ rollouts }: Laboratory["settings"]): number {
  return Math.max(...rollouts);
}

interface Supervised {
  readonly kind: Exclude<TrainingKind, "sft">;
  readonly arm: string;
  readonly seed: number;
  readonly supervision: TreeSource;
  readonly laboratory: Laboratory;
}

async function trainAfter(
  rollouts: number,
  { kind, arm, seed, supervision, laboratory }: Supervised,
): Promise<Model> {
  const { source } = laboratory;
  const data = await laboratory.pairs({
    key: `pairs-after-${rollouts}`,
    trees: supervision,
    rules: { ...source.pairRules, q: "outcomes", stepPairs: true, finalPairs: true, rollouts },
    only: new Set(source.problemIds),
  });
  return await laboratory.train({
    key: `seed-${seed}/${arm.replaceAll(" ", "-")}-after-${rollouts}`,
    kind,
    data,
    seed,
    base: source.policy,
  });
}

/** How well a model ranks the pool: whole trajectories of a problem, and steps whose truth the generator knows. */
async function ranked(
  pool: TreeSource,
  { model, rollouts, laboratory }: {
    readonly model: Model;
    readonly rollouts: number;
    readonly laboratory: Laboratory;
  },
): Promise<readonly ArmScores[]> {
  const truths = await laboratory.stepTruths(pool);
  const best = new Map<string, number>();
  const preferred = new Map<PairKind, Map<string, number>>();
  const nodes = {
    leading: "judged",
    failures: false,
    scorer: model.artifactId,
    rollouts: null,
  } as const;
  const wanted = new Set(laboratory.suiteProblems.map(({ id }) => id));
  for await (const problem of readProblems(laboratory.reader, { ...pool, nodes })) {
    if (!wanted.has(problem.problemId)) continue;
    const answers = gradedAnswers(problem);
    if (answers.length > 0) {
      best.set(problem.problemId, bestOfMetric(answers.length).score(answers));
    }
    for (const [kind, share] of truePreference(problem, truths)) {
      const shares = preferred.get(kind) ?? new Map<string, number>();
      preferred.set(kind, shares.set(problem.problemId, share));
    }
  }
  const after = `after ${rollouts} rollouts`;
  return [
    { metric: `best of the pool, ${after}`, scores: best, isChosen: true },
    ...PAIR_KINDS.flatMap((kind) => {
      const scores = preferred.get(kind);
      const before = kind === "all" ? "false one" : `one of ${kind}`;
      return scores === undefined
        ? []
        : [{ metric: `true step before ${before}, ${after}`, scores, isChosen: true }];
    }),
  ];
}

/** Answers of a problem's trees as samples to choose from. */
function gradedAnswers({ trees }: ExportedProblem): GradedProblem["samples"] {
  return trees.flatMap(trajectories).map(({ leaf, isCorrect }) => ({
    answer: null,
    group: null,
    isGroupRight: false,
    outcome: "answered",
    correct: isCorrect,
    score: leaf.score,
    tokens: 0,
    ppmTokens: 0,
  }));
}
