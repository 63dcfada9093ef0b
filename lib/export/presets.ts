import { z } from "zod";
import { ConfigError, describeIssues } from "../core/mod.ts";
import { PairRules, SftRules } from "./rules.ts";

/** Names of the presets of rules. */
export const RULE_PRESETS = ["default", "starter", "paper", "released"] as const;

/** Name of a preset of rules. */
export type RulePreset = typeof RULE_PRESETS[number];

/** The rules of a preset. */
export interface PresetRules {
  readonly sft: SftRules;
  readonly pairs: PairRules;
}

const DEFAULT_SFT: SftRules = {
  perProblem: 2,
  minPerProblem: 1,
  q: "mixed",
  order: "mean-q",
  scorer: null,
  seed: 0,
  nearDuplicate: 0.02,
  failedSteps: "drop",
  forbiddenText: "",
  rounds: "latest",
  difficulties: ["easy", "medium"],
  syntheticSources: [],
  minCorrectShare: 0.5,
  rollouts: null,
  quarantine: [],
};

const DEFAULT_PAIRS: PairRules = {
  stepPairs: true,
  answerPairs: false,
  finalPairs: true,
  perSide: 2,
  extendTo: 0,
  q: "outcomes",
  // On starter trees pairs of steps with one rollout are as often right as those with two (92 and 89 %), and four times as many.
  minRollouts: 1,
  minMargin: 0,
  completionMargin: false,
  minEditDistance: 0,
  distinctCode: true,
  failures: "none",
  prefixes: "all",
  rounds: "all",
  rollouts: null,
  quarantine: [],
};

/**
 * A starter problem has one short right solution, and whatever differs from it enough to be a second trace is usually a lucky one: one
 * trace is kept (benchmarks/log/2026-11.md, "Recipe of the starter policies").
 */
const STARTER: PresetRules = { sft: { ...DEFAULT_SFT, perProblem: 1 }, pairs: DEFAULT_PAIRS };

/** Generated problems of NuminaMath-CoT, the paper's set, by the names in its column of sources. */
const NUMINA_SYNTHETIC = ["synthetic_amc", "synthetic_math"];

/** `paper`: arXiv 2501.04519, sections 3.3 and 3.4. Its Q holds the PPM of the round before, and so confirms it. */
const PAPER = {
  sft: { ...DEFAULT_SFT, nearDuplicate: null, syntheticSources: NUMINA_SYNTHETIC },
  pairs: { ...DEFAULT_PAIRS, q: "mixed", minRollouts: 0 },
} as const;

/**
 * `released`: `extra_sft_file.py`, `sample_sft_data.py`, `extra_rm_file.py` and `sample_rm_data.py` of microsoft/rStar, branch
 * rStar-math. Its final-step pairs are computed and dropped again.
 */
const RELEASED = {
  sft: {
    ...PAPER.sft,
    order: "released",
    failedSteps: "keep",
    forbiddenText: "error",
    syntheticSources: DEFAULT_SFT.syntheticSources,
  },
  pairs: {
    ...PAPER.pairs,
    answerPairs: true,
    finalPairs: false,
    extendTo: 4,
    minMargin: 0.5,
    completionMargin: true,
    minEditDistance: 20,
    distinctCode: false,
  },
} as const;

const PRESETS: Readonly<Record<RulePreset, PresetRules>> = {
  default: { sft: DEFAULT_SFT, pairs: DEFAULT_PAIRS },
  starter: STARTER,
  paper: PAPER,
  released: RELEASED,
};

/** Rules that replace those of a preset. */
export type RuleOverrides = Readonly<Record<string, unknown>>;

/**
 * Rules of a preset for traces, with some replaced.
 *
 * @throws {ConfigError} If a rule is unknown or out of range.
 */
export function sftRules(preset: RulePreset, overrides: RuleOverrides = {}): SftRules {
  return parse(SftRules, { ...PRESETS[preset].sft, ...overrides }, "policy data");
}

/**
 * Rules of a preset for preference pairs, with some replaced.
 *
 * @throws {ConfigError} If a rule is unknown or out of range.
 */
export function pairRules(preset: RulePreset, overrides: RuleOverrides = {}): PairRules {
  return parse(PairRules, { ...PRESETS[preset].pairs, ...overrides }, "preference pairs");
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(`Cannot use these rules for ${what}: ${describeIssues(parsed.error)}`);
}
