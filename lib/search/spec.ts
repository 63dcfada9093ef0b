import { z } from "zod";
import type { SpecKind } from "../core/mod.ts";

/** Rules by which a rollout chooses a child (docs/search.md, "Selection"). */
export const SELECTION_RULES = ["uct", "puct", "released"] as const;

/** Which draws of a node become candidates (docs/search.md, "Presets"). */
const DRAW_RULES = ["all", "first-answer"] as const;

/** Sizes of one draw of a general model (docs/search.md, "Whole solutions"). */
const DRAW_SIZES = ["step", "solution"] as const;

/** When what is finished is closed (docs/search.md, "Closing"). */
const CLOSING_RULES = ["at-once", "when-met"] as const;

/** Rules for a finished program that failed. */
const FAILED_PROGRAM_RULES = ["end", "go-on"] as const;

/** Where new segments come from (docs/search.md, "Expansion" and "Forks"). */
const EXPANSION_RULES = ["sample", "fork"] as const;

/** Rules by which a rollout chooses a fork (docs/search.md, "Forks"). */
export const CHOICE_RULES = ["mass-value", "mass", "likeliest", "entropy"] as const;

/** Rule by which a rollout chooses a fork. */
export type ChoiceRule = typeof CHOICE_RULES[number];

/** Rules that pick the final answer of a finished tree (docs/search.md, "Final answer"). */
export const FINAL_RULES = ["logit", "path-mean", "visits", "weighted-vote"] as const;

/** Rule that picks the final answer. */
export type FinalRule = typeof FINAL_RULES[number];

/**
 * Every parameter that changes what a search tree is. This is the one definition: configuration, command line and the stored
 * specification of a run derive from it. Values come from a preset (`presets.ts`), so no field has a second default here; the
 * optional ones, which few presets set, mean what was done before they existed where they are absent: {@linkcode SEARCH_SPEC} says it, and what is stored names them all.
 */
export const SearchSpec = z.strictObject({
  rollouts: z.int().min(1).max(65_535).describe("Rollouts per tree"),
  candidates: z.int().min(1).max(1_024).describe("Segments drawn per expansion (n)"),
  answerCandidates: z.int().min(1).max(1_024)
    .describe("Segments drawn after a finished program, where the answer follows"),
  temperature: z.number().min(0).max(5).describe("Sampling temperature of the policy"),
  topP: z.number().gt(0).max(1).describe("Nucleus of the policy's sampling"),
  maxTokens: z.int().min(1).describe("Tokens per sampled segment"),
  modelLength: z.int().min(16)
    .describe("Context length of the policy, tokens; a path that leaves no room is too deep"),
  maxDepth: z.int().min(1).max(255).describe("Deepest node; the root is 0, every segment adds 1"),
  segment: z.enum(["step", "code"]).describe(
    "What one segment holds: a step, or the whole program",
  ),
  prompt: z.enum(["trained", "bootstrap"]).describe(
    "Bare prompt of a fine-tuned policy, or instructions with worked examples for a general model",
  ),
  guidance: z.enum(["terminal", "ppm"]).describe(
    "What guides selection: end values alone, or end values on top of a PPM's scores",
  ),
  calibration: z.strictObject({ bias: z.number(), scale: z.number().positive() }).nullable()
    .describe("Scale of the PPM, q0 = tanh((logit - bias) / scale); null takes the checkpoint's"),
  selection: z.enum(SELECTION_RULES).describe("Rule by which a rollout chooses a child"),
  exploration: z.number().min(0).describe("Weight c of the exploration term"),
  merge: z.boolean().describe("Whether equal candidates of a node become one"),
  maxDrawBatches: z.int().min(1).max(1_000)
    .describe("How often a node may be drawn; its draws are at most this many times n"),
  prescreen: z.int().min(1).nullable()
    .describe("How many candidates, best by PPM, are executed; null executes all"),
  errorsAllowed: z.int().min(0).max(255).describe(
    "Failed steps in a row that may stay in the text",
  ),
  codeAfterOutput: z.boolean().describe(
    "Whether code may follow a finished program, in a clean state",
  ),
  propagateFailures: z.boolean()
    .describe("Whether a rollout that ends without any answer backs up one -1"),
  earlyStop: z.boolean().describe(
    "Stop at 2 right and 2 wrong answers, or at 4 right and none wrong",
  ),
  window: z.int().min(1).max(256).describe("Rollouts of one tree in flight (W)"),
  final: z.enum(FINAL_RULES).describe("Rule that picks the final answer at test time"),
  draws: z.enum(DRAW_RULES).exactOptional().describe(
    "Which draws of a node become candidates: all; or equal texts once, and of draws that hold a finished answer its first alone (released)",
  ),
  draw: z.enum(DRAW_SIZES).exactOptional().describe(
    "What one draw of a general model (prompt bootstrap) brings: a segment; or a whole solution, cut into steps that run in turn",
  ),
  closing: z.enum(CLOSING_RULES).exactOptional().describe(
    "When a node below which all is finished is closed: at once; or by a rollout that meets it, and ends there; code may then lie as deep as maxDepth (released)",
  ),
  failedPrograms: z.enum(FAILED_PROGRAM_RULES).exactOptional().describe(
    "What becomes of a finished program that failed within errorsAllowed: its path ends; or its answer follows (released)",
  ),
  expansion: z.enum(EXPANSION_RULES).exactOptional().describe(
    "Where new segments come from: n draws of a node (sample); or one draw behind a token that was likely but was not drawn (fork)",
  ),
  choice: z.enum(CHOICE_RULES).exactOptional().describe(
    "Rule by which a rollout chooses a fork: mass times value, mass alone, the likeliest, or by entropy",
  ),
  alternatives: z.int().min(1).max(1_000).exactOptional().describe(
    "Other tokens per generated token that open forks; 8 if absent",
  ),
  openMass: z.number().min(0).max(1).exactOptional().describe(
    "Probability of all open forks together below which a tree is exhausted; 0.0001 if absent",
  ),
  budgetTokens: z.int().min(1).nullable().describe("Generated tokens per tree; null is no limit"),
  budgetSeconds: z.number().positive().nullable().describe(
    "Seconds per tree, waiting for endpoints included; null is no limit",
  ),
}).superRefine((spec, context) => {
  if (spec.expansion === "fork" && spec.draw === "solution") {
    context.addIssue({
      code: "custom",
      path: ["expansion"],
      message: 'expansion "fork" goes on behind tokens of single segments and needs draw "step"',
    });
  }
  if (spec.prescreen !== null && spec.guidance !== "ppm") {
    context.addIssue({
      code: "custom",
      path: ["prescreen"],
      message: 'prescreening ranks by PPM and needs guidance "ppm"',
    });
  }
}).readonly();

/** Every parameter that changes what a search tree is. */
export type SearchSpec = z.infer<typeof SearchSpec>;

/** Search parameters as they are stored. A parameter that is added is named here with what was done before there was one. */
export const SEARCH_SPEC: SpecKind<SearchSpec> = {
  name: "specification of a search",
  schema: SearchSpec,
  added: [
    {
      draws: "all",
      draw: "step",
      closing: "at-once",
      failedPrograms: "end",
      expansion: "sample",
      choice: CHOICE_RULES[0],
      alternatives: 8,
      openMass: 1e-4,
    },
  ],
};
