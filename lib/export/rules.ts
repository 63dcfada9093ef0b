import { z } from "zod";
import { ConfigError } from "../core/mod.ts";

const QSourceRule = z.enum(["outcomes", "mixed"]);

/** Rules that choose traces for fine-tuning (algorithm.md 4, SFT). */
export const SftRules = z.strictObject({
  perProblem: z.int().min(1).describe("Traces kept of a problem"),
  q: QSourceRule.describe("Q-value that traces are ranked by"),
  order: z.enum(["mean-q", "random", "outcome"]).describe(
    "Which traces are kept: highest mean Q (ties: highest minimum), any, or fewest failed attempts before",
  ),
  nearDuplicate: z.number().min(0).max(1).describe(
    "A trace is left out when its code differs from a kept one in no more than this share of characters",
  ),
  rounds: z.enum(["latest", "all"]).describe(
    "Take a problem's traces from the latest round that solved it, or from all (Q is not compared across rounds)",
  ),
  minCorrectShare: z.number().min(0).max(1).describe(
    "Problems of minCorrectSources with a smaller share of right trajectories are left out",
  ),
  minCorrectSources: z.array(z.string()).describe(
    "Sources of synthetic problems, whose reference answers are not trusted",
  ),
  quarantine: z.array(z.string()).describe("Problem ids that give no data: suspected wrong labels"),
});

/** Rules that choose traces for fine-tuning. */
export type SftRules = Readonly<z.infer<typeof SftRules>>;

/** Rules that choose preference pairs (algorithm.md 4, PPM pairs). */
export const PairRules = z.strictObject({
  perSide: z.int().min(1).describe("Positives and negatives kept of one prefix, at most"),
  extendTo: z.int().min(0).describe(
    "When one side of a group has fewer than perSide, the other may have so many less that side (0: never)",
  ),
  q: QSourceRule.describe("Q-value that steps are ranked by"),
  minRollouts: z.int().min(0).describe("Steps with fewer rollouts through them are left out"),
  margin: z.number().min(0).max(2).describe(
    "Every positive's Q exceeds every negative's by more than this",
  ),
  minEditDistance: z.int().min(0).describe(
    "A negative whose text differs from a positive's in fewer characters is left out",
  ),
  distinctCode: z.boolean().describe(
    "A negative whose normalised code is a positive's is left out",
  ),
  failures: z.boolean().describe("Failed candidates count as negatives"),
  finalPairs: z.boolean().describe("Whole trajectories of one problem are compared as well"),
  rounds: z.enum(["all", "last"]).describe("Pairs are pooled over rounds, or of the last one only"),
  quarantine: z.array(z.string()).describe("Problem ids that give no data: suspected wrong labels"),
});

/** Rules that choose preference pairs. */
export type PairRules = Readonly<z.infer<typeof PairRules>>;

/** Names of the presets of rules. */
export const RULE_PRESETS = ["default", "paper", "released"] as const;

/** Name of a preset of rules. */
export type RulePreset = typeof RULE_PRESETS[number];

const DEFAULT_SFT: SftRules = {
  perProblem: 2,
  q: "mixed",
  order: "mean-q",
  nearDuplicate: 0.02,
  rounds: "latest",
  minCorrectShare: 0.5,
  minCorrectSources: [],
  quarantine: [],
};

const DEFAULT_PAIRS: PairRules = {
  perSide: 2,
  extendTo: 0,
  q: "outcomes",
  minRollouts: 2,
  margin: 0,
  minEditDistance: 0,
  distinctCode: true,
  failures: false,
  finalPairs: true,
  rounds: "all",
  quarantine: [],
};

const PRESETS = {
  default: { sft: DEFAULT_SFT, pairs: DEFAULT_PAIRS },
  paper: {
    sft: DEFAULT_SFT,
    // The paper's Q contains the PPM of the round before, and so confirms it.
    pairs: { ...DEFAULT_PAIRS, q: "mixed", minRollouts: 1 },
  },
  released: {
    sft: { ...DEFAULT_SFT, nearDuplicate: 0 },
    pairs: {
      ...DEFAULT_PAIRS,
      q: "mixed",
      minRollouts: 0,
      extendTo: 4,
      margin: 0.5,
      minEditDistance: 20,
      finalPairs: false,
    },
  },
} as const satisfies Record<RulePreset, { readonly sft: SftRules; readonly pairs: PairRules }>;

/**
 * Rules of a preset for traces, with some replaced.
 *
 * @throws {ConfigError} If a rule is unknown or out of range.
 */
export function sftRules(
  preset: RulePreset,
  overrides: Readonly<Record<string, unknown>> = {},
): SftRules {
  return parse(SftRules, { ...PRESETS[preset].sft, ...overrides }, "policy data");
}

/**
 * Rules of a preset for preference pairs, with some replaced.
 *
 * @throws {ConfigError} If a rule is unknown or out of range.
 */
export function pairRules(
  preset: RulePreset,
  overrides: Readonly<Record<string, unknown>> = {},
): PairRules {
  return parse(PairRules, { ...PRESETS[preset].pairs, ...overrides }, "preference pairs");
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`
  );
  throw new ConfigError(`Cannot use these rules for ${what}: ${issues.join("; ")}`);
}
