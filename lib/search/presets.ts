/** The named parameter sets (docs/search.md, "Presets"). `paper/*`: arXiv 2501.04519; `released/*`: the released code's configuration. */
import { DEFAULT_CALIBRATION } from "../core/mod.ts";
import type { SearchSpec } from "./spec.ts";

/** A search specification and what is done with the problems that it leaves unsolved. */
export interface Preset {
  readonly spec: SearchSpec;
  /** Rollouts of the further trees (new seeds) that a problem of a round gets, in this order, while it is unsolved. */
  readonly unsolved: readonly number[];
  /** Trees per problem, each with its own seed, before the further ones. */
  readonly trees: number;
  /**
   * Lowest level of the problems that a round searches, `null` for all of them; a lower one where too few are left of it. A problem
   * without a level is always searched, and so is every one of a set that does not reach it.
   */
  readonly minLevel: number | null;
}

/** The paper's numbers with the rules of docs/search.md. */
const base: SearchSpec = {
  rollouts: 16,
  candidates: 8,
  answerCandidates: 1,
  temperature: 1,
  topP: 1,
  maxTokens: 2048,
  modelLength: 4096,
  maxDepth: 16,
  segment: "step",
  prompt: "trained",
  guidance: "terminal",
  calibration: null,
  selection: "uct",
  exploration: 2,
  merge: true,
  maxDrawBatches: 4,
  prescreen: null,
  errorsAllowed: 0,
  codeAfterOutput: false,
  propagateFailures: true,
  earlyStop: true,
  window: 1,
  final: "logit",
  budgetTokens: null,
  budgetSeconds: null,
};

/** As published: no merging, no early stop, plain tanh. */
const paper: Partial<SearchSpec> = {
  merge: false,
  maxDrawBatches: 1,
  earlyStop: false,
  calibration: DEFAULT_CALIBRATION,
};

/** As released: its own selection, failures change no ancestor, code may go on after the output, and what `spec.ts` says of it. */
const released: Partial<SearchSpec> = {
  ...paper,
  selection: "released",
  codeAfterOutput: true,
  propagateFailures: false,
  draws: "first-answer",
  closing: "when-met",
  failedPrograms: "go-on",
  calibration: { bias: 0, scale: 5 },
};

/** A step of the starter world has at most 67 tokens: a loop in which a small model is caught ends long before 2048. */
const starter: Partial<SearchSpec> = { maxTokens: 256 };

/** Test time: every answer counts, so nothing stops early. */
const testTime: Partial<SearchSpec> = { guidance: "ppm", earlyStop: false };

function preset(
  spec: Partial<SearchSpec>,
  more: Partial<Omit<Preset, "spec">> = {},
): Preset {
  return { spec: { ...base, ...spec }, unsolved: [], trees: 1, minLevel: null, ...more };
}

/** Every preset by name. */
export const PRESETS = {
  "default": preset({}),
  // Any chat model: nothing is asked of it but programs. A program of a school problem has 100 to 300 tokens.
  "general": preset({
    prompt: "bootstrap",
    draw: "solution",
    temperature: 0.7,
    maxTokens: 1024,
  }),
  "paper/r1": preset({
    ...paper,
    rollouts: 8,
    candidates: 5,
    temperature: 0.7,
    prompt: "bootstrap",
    errorsAllowed: 1,
  }),
  "paper/r2": preset({ ...paper }, { unsolved: [16] }),
  "paper/r3": preset({ ...paper, guidance: "ppm" }, { unsolved: [16] }),
  "paper/r4": preset({ ...paper, guidance: "ppm", candidates: 16 }, { unsolved: [64, 128] }),
  "paper/test": preset({ ...paper, ...testTime, rollouts: 4, candidates: 32 }),
  "released/bootstrap": preset({
    ...released,
    rollouts: 48,
    candidates: 12,
    answerCandidates: 12,
    temperature: 0.7,
    prompt: "bootstrap",
    // The released `errors_threshold` 2, 1, 1 and 3 (greedy) ends a path at that error.
    errorsAllowed: 1,
  }),
  "released/sft": preset({
    ...released,
    guidance: "ppm",
    rollouts: 48,
    candidates: 12,
    answerCandidates: 12,
  }),
  "released/eval": preset({
    ...released,
    ...testTime,
    rollouts: 12,
    candidates: 32,
    answerCandidates: 32,
  }),
  "greedy": preset({
    rollouts: 1,
    candidates: 1,
    temperature: 0,
    maxTokens: 4096,
    maxDepth: 2,
    segment: "code",
    maxDrawBatches: 1,
    errorsAllowed: 2,
    earlyStop: false,
  }),
  "starter/r1": preset({ ...starter, rollouts: 8, candidates: 5 }),
  "starter/r2": preset({ ...starter, rollouts: 8, candidates: 4 }, { unsolved: [16] }),
  // Rounds 1 and 2 leave nothing to learn from problems of levels 1 and 2.
  "starter/r3": preset(
    { ...starter, rollouts: 8, candidates: 4, guidance: "ppm" },
    { unsolved: [16], minLevel: 3 },
  ),
  "starter/r4": preset(
    { ...starter, rollouts: 8, candidates: 4, guidance: "ppm" },
    { unsolved: [16], minLevel: 3 },
  ),
  // Chosen on the validation split: a PPM of a million parameters picks among few careful drafts better than alone among wild ones.
  "starter/test": preset({
    ...starter,
    ...testTime,
    rollouts: 4,
    candidates: 8,
    temperature: 0.5,
    selection: "puct",
    final: "weighted-vote",
  }),
} as const satisfies Readonly<Record<string, Preset>>;

/** Name of a preset. */
export type PresetName = keyof typeof PRESETS;

/** Names of all presets, in the order in which help texts list them. */
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];
