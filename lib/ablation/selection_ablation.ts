/**
 * Ablation of the rules of the search: which child a rollout chooses and how (docs/search.md, "Selection"), whether equal steps are
 * merged, and whether unsolved problems get a further tree. Every arm searches the same problems with the same models.
 */
import type { TreeSource } from "../export/mod.ts";
import { PRESETS, type SearchSpec } from "../search/mod.ts";
import type { Ablation, ArmMeasure } from "./ablation.ts";
import type { Laboratory } from "./laboratory.ts";
import { headlineScores } from "./_scores.ts";
import { solvedProblems, tokensByProblem } from "./_trees.ts";

/** Picks the settings of a preset that are rules, not sizes. */
function rulesOf(
  { selection, merge, maxDrawBatches, earlyStop, codeAfterOutput, propagateFailures, calibration }:
    SearchSpec,
): Partial<SearchSpec> {
  return {
    selection,
    merge,
    maxDrawBatches,
    earlyStop,
    codeAfterOutput,
    propagateFailures,
    calibration,
  };
}

interface SelectionArm {
  readonly name: string;
  readonly meaning: string;
  readonly rules: Partial<SearchSpec>;
  /** Whether unsolved problems get a further tree. */
  readonly curriculum: boolean;
}

const DEFAULT_RULES = rulesOf(PRESETS.default.spec);

const ARMS: readonly SelectionArm[] = [
  {
    name: "default",
    meaning: "equal steps merged, early end, a further tree for unsolved problems",
    rules: DEFAULT_RULES,
    curriculum: true,
  },
  {
    name: "paper",
    meaning: "as published: no merging, no early end",
    rules: rulesOf(PRESETS["paper/r2"].spec),
    curriculum: true,
  },
  {
    name: "released",
    meaning: "as released: its own selection, failures change no ancestor",
    rules: rulesOf(PRESETS["released/sft"].spec),
    curriculum: true,
  },
  {
    name: "without merging",
    meaning: "default, equal steps kept apart",
    rules: { ...DEFAULT_RULES, merge: false },
    curriculum: true,
  },
  {
    name: "without curriculum",
    meaning: "default, one tree for every problem",
    rules: DEFAULT_RULES,
    curriculum: false,
  },
];

/** A seed of the ablation owns so many seeds of trees: the first tree and the further one. */
const TREES = 2;

/** `ablate selection`: compares selection rules of the search by the policies that their trees train. */
export const SELECTION_ABLATION: Ablation = {
  name: "selection",
  question: "What are the rules of the search worth?",
  arms: ARMS.map(({ name, meaning }) => ({ name, meaning })),
  plan: ({ source, settings }) => [
    `For each of ${settings.seeds} seeds and each arm: trees of ${source.search.rollouts} rollouts for ${source.problemIds.length} ` +
    "problems, traces by the run's rules, a policy from the base, measured greedily",
  ],
  measure: async (seed, laboratory) => {
    const measures = new Map<string, ArmMeasure>();
    for (const arm of ARMS) measures.set(arm.name, await measureArm(arm, { seed, laboratory }));
    return measures;
  },
};

async function measureArm(
  arm: SelectionArm,
  { seed, laboratory }: { readonly seed: number; readonly laboratory: Laboratory },
): Promise<ArmMeasure> {
  const { source, reader } = laboratory;
  const trees = await growArm(arm, { seed, laboratory });
  const key = `seed-${seed}/${arm.name.replaceAll(" ", "-")}`;
  const data = await laboratory.traces({
    key: `${key}/sft`,
    trees,
    rules: source.sftRules,
    only: new Set(source.problemIds),
  });
  const policy = await laboratory.train({
    key: `${key}/policy`,
    kind: "sft",
    data,
    seed,
    base: source.base,
  });
  const measured = await laboratory.evaluate({
    label: `${arm.name}, seed ${seed}`,
    mode: "greedy",
    policy,
  });
  const solved = await solvedProblems(reader, trees);
  const tokens = await tokensByProblem(reader, trees);
  return {
    scores: [
      {
        metric: "solved",
        scores: new Map(source.problemIds.map((id) => [id, solved.has(id) ? 1 : 0])),
      },
      headlineScores(measured, { mode: "greedy" }),
    ],
    figures: {
      "traces": data.rows,
      "tokens of the trees": source.problemIds.reduce((sum, id) => sum + (tokens.get(id) ?? 0), 0),
    },
  };
}

/** Trees of an arm and a seed: a run of their own, because what is solved decides who gets a further one. */
async function growArm(
  { name, rules, curriculum }: SelectionArm,
  { seed, laboratory }: { readonly seed: number; readonly laboratory: Laboratory },
): Promise<TreeSource> {
  const { source, reader } = laboratory;
  const grow = (problemIds: readonly string[], tree: number) =>
    laboratory.trees({
      key: `${name.replaceAll(" ", "-")}-seed-${seed}`,
      spec: { ...source.search, ...rules },
      policy: source.searchPolicy,
      ppm: source.searchPpm,
      problemIds,
      seeds: [TREES * seed + tree],
    });
  const trees = await grow(source.problemIds, 0);
  if (!curriculum) return trees;
  const solved = await solvedProblems(reader, trees);
  const unsolved = source.problemIds.filter((id) => !solved.has(id));
  return unsolved.length === 0 ? trees : await grow(unsolved, 1);
}
