/** Headings under which a command's help shows its settings, in the order in which they are shown. */
export const SETTING_GROUPS = {
  "Problems": [
    ...[
      "problems",
      "fields",
      "problemsPerRound",
      "selection",
      "limit",
      "shard",
      "level",
      "subject",
      "ids",
    ],
    ...["suite", "suites", "controlSuite", "evalProblems", "evalSearch", "testPolicy"],
    ...["testSearch", "testCoverage", "quarantineFrom"],
  ],
  "Models": [
    ...["policy", "policyModel", "policyApi", "ppm", "ppmModel", "ppmBias", "ppmScale", "base"],
    ...["bootstrap", "prompt", "noCode", "hooks", "requests", "torch"],
  ],
  "Search": [
    ...["preset", "rollouts", "candidates", "trees", "search", "mode", "k", "width", "temperature"],
    ...["topP", "maxTokens", "modelLength", "ppmFrom", "curriculum"],
  ],
  "Training": [
    ...["training", "sft", "ppmTraining", "trainer", "rules", "sftRules", "pairRules", "traces"],
  ],
  "Rounds and runs": [
    ...[
      "run",
      "study",
      "round",
      "rounds",
      "allRounds",
      "quick",
      "fromRound",
      "stopAfter",
      "untilFlat",
    ],
    ...["resume", "newRun", "newEval", "like", "control", "seed", "seeds", "samples", "evolve"],
  ],
  "Limits": [
    ...["concurrency", "workers", "budgetTokens", "budgetTime", "budgetPrice", "roundBudgetTokens"],
    ...[
      "maxUnfinished",
      "problemBudget",
      "prices",
      "requestTimeout",
      "treeTimeout",
      "unsafeNoSandbox",
    ],
  ],
  "Files and output": [
    ...["db", "record", "replay", "out", "csv", "markdown", "html", "log", "dryRun", "json"],
    ...["quiet"],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A heading of {@linkcode SETTING_GROUPS}. */
export type SettingGroup = keyof typeof SETTING_GROUPS;

/** Settings that hold JSON, each with a value as one would write it on a command line. */
const EXAMPLES: Readonly<Record<string, string>> = {
  search: '{"maxDepth": 8, "temperature": 0.7}',
  prices: '{"policy": {"input": 0.1, "output": 0.4}}',
  requests: '{"policy": {"extraBody": {"top_k": 20}}}',
  problemBudget: '{"tokens": 20000}',
  sft: '{"epochs": 2}',
  ppmTraining: '{"batchSize": 64}',
  trainer: '{"accelerate": "fsdp.yaml"}',
  hooks: '{"serve": ["docs/cluster/serve_vllm.sh"]}',
  sftRules: '{"perProblem": 4}',
  pairRules: '{"minRollouts": 1}',
  evolve: '{"problemsPerRound": 60}',
};

/**
 * Heading of a setting.
 *
 * @throws {RangeError} If it stands under none.
 */
export function groupOfSetting(key: string): SettingGroup {
  for (const [group, keys] of Object.entries(SETTING_GROUPS)) {
    if ((keys as readonly string[]).includes(key)) return group as SettingGroup;
  }
  throw new RangeError(
    `Cannot show setting "${key}": it stands under no heading of SETTING_GROUPS`,
  );
}

/** Example of a setting that holds JSON; `null` for one that needs none. */
export function exampleOfSetting(key: string, type: string): string | null {
  return type === "object" || type === "record" ? EXAMPLES[key] ?? null : null;
}
