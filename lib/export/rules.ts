/**
 * Which trees become training data (docs/architecture.md, "export"): every rule an option, with its meaning. The values stand in
 * `presets.ts`.
 */
import { z } from "zod";
import type { SpecKind } from "../core/mod.ts";
import { Q_SOURCES } from "./exported_tree.ts";

const qSource = z.enum(Q_SOURCES);
const quarantine = z.array(z.string())
  .describe("Problem ids that give no data: suspected wrong labels");
const rollouts = z.int().min(1).nullable().describe(
  "Only this many rollouts of every tree count, its first ones; null is all. Needs q outcomes: what a PPM said is not redone",
);

/** Rules that choose traces for fine-tuning. */
export const SftRules = z.strictObject({
  perProblem: z.int().min(1).describe("Traces kept of a problem, at most"),
  minPerProblem: z.int().min(1).describe("Problems with fewer traces left give none"),
  q: qSource.describe("Q-value that traces are ranked by"),
  order: z.enum(["mean-q", "score", "random", "released"]).describe(
    "Which right traces are kept: of highest mean Q (ties: highest minimum), best by the model `scorer`, or any; released: of highest " +
      "mean Q, ties in the order of the branches, and what is unfit among those kept is left out afterwards and not replaced",
  ),
  scorer: z.int().min(0).nullable()
    .describe("Number of the model whose scores of answers rank traces, with order score"),
  seed: z.int().min(0).describe("Of order random"),
  nearDuplicate: z.number().min(0).max(1).nullable().describe(
    "A trace is left out when its normalised code differs from a kept one's in at most this share of characters; null keeps all",
  ),
  failedSteps: z.enum(["keep", "drop"])
    .describe("What becomes of traces in which a step failed and was corrected"),
  forbiddenText: z.string()
    .describe("Traces that hold this text, in any case, are left out; empty for none"),
  rounds: z.enum(["latest", "all"]).describe(
    "Take a problem's traces from the latest round that solved it, or from all (Q is not comparable across rounds)",
  ),
  difficulties: z.array(z.enum(["easy", "medium"])).min(1).describe(
    "Problems that count: all, or only some of their trajectories are right",
  ),
  syntheticSources: z.array(z.string())
    .describe("Sources of synthetic problems, whose reference answers are not trusted"),
  minCorrectShare: z.number().min(0).max(1)
    .describe("Synthetic problems with a smaller share of right trajectories give none"),
  rollouts,
  quarantine,
}).refine(({ q, rollouts }) => rollouts === null || q === "outcomes", {
  path: ["q"],
  message: "expected outcomes with rollouts, whose mixed Q is not known",
}).refine(({ order, scorer }) => (order === "score") === (scorer !== null), {
  path: ["scorer"],
  message: "expected a number with order score, and null with every other order",
});

/** Rules that choose traces for fine-tuning. */
export type SftRules = Readonly<z.infer<typeof SftRules>>;

/** Rules that choose preference pairs. */
export const PairRules = z.strictObject({
  stepPairs: z.boolean().describe("Steps that continue one prefix are compared"),
  answerPairs: z.boolean()
    .describe("Answers that continue one prefix are compared as its steps are"),
  finalPairs: z.boolean().describe("Whole trajectories of one problem and round are compared"),
  perSide: z.int().min(1).describe("Positives and negatives taken for one prefix"),
  extendTo: z.int().min(0).describe(
    "Where one side has but one member, the other is extended to so many; 0 for never",
  ),
  q: qSource.describe("Q-value that steps are ranked by"),
  minRollouts: z.int().min(0).describe(
    "Steps with fewer rollouts through them are left out; a finished program and an answer need one, their value is no estimate",
  ),
  minMargin: z.number().min(0).max(2)
    .describe("A positive's Q exceeds a negative's, and by at least this"),
  completionMargin: z.boolean().describe(
    "The best completion of a positive has a higher mean Q than the worst completion of a negative",
  ),
  minEditDistance: z.int().min(0)
    .describe("Texts of a pair differ in at least so many characters"),
  distinctCode: z.boolean().describe("The normalised code of a pair differs"),
  failures: z.enum(["none", "code-error", "all"])
    .describe("Which failed candidates count as negatives, with Q -1"),
  prefixes: z.enum(["all", "most-visited"])
    .describe("Prefixes that give groups: all, or those on the most visited path alone"),
  rounds: z.enum(["all", "last"])
    .describe("Pairs are pooled over rounds, or of the last round of a problem only"),
  rollouts,
  quarantine,
}).refine(({ q, rollouts }) => rollouts === null || q === "outcomes", {
  path: ["q"],
  message: "expected outcomes with rollouts, whose mixed Q is not known",
});

/** Rules that choose preference pairs. */
export type PairRules = Readonly<z.infer<typeof PairRules>>;

/** Rules for traces as they are stored. A rule that is added is named here with what was done before there was one. */
export const SFT_RULES: SpecKind<SftRules> = {
  name: "rules for traces",
  schema: SftRules,
  added: [],
};

/** Rules for pairs as they are stored. A rule that is added is named here with what was done before there was one. */
export const PAIR_RULES: SpecKind<PairRules> = {
  name: "rules for preference pairs",
  schema: PairRules,
  added: [],
};
