import type { Json } from "../../core/mod.ts";
import type { ExtractionOptions } from "../../grading/mod.ts";
import type { SearchSpec } from "../../search/mod.ts";

/** How a policy is sampled without search. */
export interface PolicySampling {
  readonly temperature: number;
  readonly topP: number;
  /** Tokens of one whole solution. */
  readonly maxTokens: number;
  /** Context length of the policy, tokens. */
  readonly modelLength: number;
}

/** Settings of the modes without search. */
export interface PolicyModeSettings {
  readonly sampling: PolicySampling;
  /** Solutions with code that is run, or text alone. */
  readonly style: "code" | "talk";
  /** Route of the policy, for text alone: messages or one text. */
  readonly api: "completions" | "chat";
  /** How an answer is taken from text that does not follow the format. */
  readonly extraction: Pick<ExtractionOptions, "lastNumber">;
}

/** Settings of the modes with search. */
export interface SearchModeSettings {
  readonly search: SearchSpec;
  /** Paths that a step beam keeps. */
  readonly width: number;
}

/** A specification as JSON. */
export function searchJson(search: SearchSpec): Json {
  return { ...search, calibration: search.calibration && { ...search.calibration } };
}
