/**
 * Ablation of a round's gain: its policy against the one that searched in it, alone and by what fresh trees of one size solve on fixed
 * problems. Trees of the rounds themselves would not say so: each has other problems, and further trees for the hard ones.
 */
import type { SearchSpec } from "../search/mod.ts";
import type { Ablation, ArmMeasure, ArmScores } from "./ablation.ts";
import type { Laboratory, Model } from "./laboratory.ts";
import { headlineScores } from "./_scores.ts";
import { FALSE_STEPS } from "./sft_ablation.ts";
import { solvedProblems } from "./_trees.ts";

/** Metric of what fresh trees solve, where no problem is known to be hard. */
export const COVERAGE = "solved by a fresh tree";

/** Metric of what they solve of problems of the upper levels. */
export const HARD_COVERAGE = "solved by a fresh tree, level 3 and up";

const HARD_LEVEL = 3;

const ARMS = { before: "before the round", after: "after the round" } as const;

/** `ablate round`: compares the policies before and after a round. */
export const ROUND_ABLATION: Ablation = {
  name: "round",
  question: "What does a round bring?",
  arms: [
    { name: ARMS.before, meaning: "the policy that searched in it" },
    { name: ARMS.after, meaning: "the policy that was trained in it" },
  ],
  plan: ({ settings }) => [
    `Both policies alone, and a fresh tree of each for ${settings.searchProblems} problems of the suite, of level ${HARD_LEVEL} and up if it has such, for each of ${settings.seeds} seeds`,
  ],
  measure: async (seed, laboratory) => {
    const { searchPolicy, policy } = laboratory.source;
    const before = await measurePolicy(searchPolicy, { arm: ARMS.before, seed, laboratory });
    const after = await measurePolicy(policy, { arm: ARMS.after, seed, laboratory });
    return new Map([
      [ARMS.before, { scores: before, figures: {} }],
      [ARMS.after, { scores: after, figures: await traceFigures(laboratory) }],
    ]);
  },
};

/** Figures of the traces that the policy of the round was trained on. */
async function traceFigures(laboratory: Laboratory): Promise<ArmMeasure["figures"]> {
  const { traces } = laboratory.source;
  if (traces === null) return {};
  return { [FALSE_STEPS]: await laboratory.falseStepShare(traces), "traces": traces.rows };
}

/** Nothing but answers guides: with one size in all rounds, only the policies differ. */
function fixedSearch(search: SearchSpec): SearchSpec {
  return { ...search, guidance: "terminal", prescreen: null, calibration: null };
}

async function measurePolicy(
  policy: Model,
  { arm, seed, laboratory }: {
    readonly arm: string;
    readonly seed: number;
    readonly laboratory: Laboratory;
  },
): Promise<readonly ArmScores[]> {
  const { source, settings, reader } = laboratory;
  const hard = laboratory.suiteProblems.filter(({ level }) =>
    level !== null && level >= HARD_LEVEL
  );
  // Every policy solves the easy ones: they would take the time and tell nothing.
  const [metric, from] = hard.length > 0
    ? [HARD_COVERAGE, hard]
    : [COVERAGE, laboratory.suiteProblems];
  const searched = from.slice(0, settings.searchProblems);
  const alone = await laboratory.evaluate({ label: arm, mode: "greedy", policy });
  const trees = await laboratory.trees({
    // What comes after a round comes before the next one: both find the same trees.
    key: "coverage",
    round: policy.round,
    policy,
    ppm: null,
    seeds: [seed],
    spec: fixedSearch(source.firstSearch),
    problemIds: searched.map(({ id }) => id),
  });
  const solved = await solvedProblems(reader, trees, { seed });
  const coverage = new Map(searched.map(({ id }) => [id, solved.has(id) ? 1 : 0]));
  return [headlineScores(alone, { mode: "greedy" }), { metric, scores: coverage }];
}
