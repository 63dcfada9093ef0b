import { ConfigError, describeIssues, type EvaluationModeName } from "../core/mod.ts";
import { PRESET_NAMES, type PresetName, PRESETS, SearchSpec } from "../search/mod.ts";
import {
  beamMode,
  bestOfNMode,
  type EvaluationMode,
  greedyMode,
  type PolicyModeSettings,
  sampleMode,
  treeMode,
} from "./modes/mod.ts";
import type { Suite } from "./suite.ts";

/** Settings of a mode that override those of the suite. */
export interface ModeOverrides {
  readonly prompt?: "trained" | "bootstrap" | undefined;
  /** Route of the policy. @default "completions" */
  readonly api?: "completions" | "chat" | undefined;
  /** No code is run, the answer is taken from the reply. @default false */
  readonly noCode?: boolean | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly modelLength?: number | undefined;
  /** Named search parameters. */
  readonly preset?: string | undefined;
  /** Search parameters over the preset's. */
  readonly search?:
    | { readonly [Key in keyof SearchSpec]?: SearchSpec[Key] | undefined }
    | undefined;
  /** Paths that a step beam keeps. @default 8 */
  readonly width?: number | undefined;
}

/** How the policy of a suite is asked. */
export function promptOf(suite: Suite, { prompt }: ModeOverrides = {}): "trained" | "bootstrap" {
  return prompt ?? suite.prompt;
}

/** Samples of a problem where nothing else is said: a greedy answer, a tree and a beam stand alone. */
export function defaultSamples(name: EvaluationModeName, suite: Suite): number {
  return name === "sample" || name === "bon" ? suite.samples : 1;
}

/**
 * Makes a mode with the defaults of a suite.
 *
 * @throws {ConfigError} If the preset is unknown, or its parameters contradict the overrides.
 */
export function makeMode(
  name: EvaluationModeName,
  suite: Suite,
  overrides: ModeOverrides = {},
): EvaluationMode {
  switch (name) {
    case "greedy":
      return greedyMode(policySettings(suite, overrides));
    case "sample":
      return sampleMode(policySettings(suite, overrides));
    case "bon":
      return bestOfNMode(policySettings(suite, overrides));
    case "mcts":
      return treeMode(searchSettings(suite, overrides));
    case "beam":
      return beamMode(searchSettings(suite, overrides));
  }
}

/** How a tree search of a suite samples: what is drawn beside it to be compared is drawn alike. */
export function searchSampling(
  suite: Suite,
): { readonly temperature: number; readonly topP: number } {
  const { temperature, topP } = searchSettings(suite, {}).search;
  return { temperature, topP };
}

function policySettings(suite: Suite, overrides: ModeOverrides): PolicyModeSettings {
  return {
    sampling: {
      temperature: overrides.temperature ?? suite.sampling.temperature,
      topP: overrides.topP ?? suite.sampling.topP,
      maxTokens: overrides.maxTokens ?? suite.maxTokens,
      modelLength: overrides.modelLength ?? suite.modelLength,
    },
    style: overrides.noCode === true ? "talk" : "code",
    api: overrides.api ?? "completions",
    extraction: suite.extraction,
  };
}

/** At test time the PPM guides, and nothing stops early. */
function searchSettings(suite: Suite, overrides: ModeOverrides) {
  const name = overrides.preset ?? suite.preset;
  const given = {
    maxTokens: overrides.maxTokens ?? suite.maxTokens,
    modelLength: overrides.modelLength ?? suite.modelLength,
    ...(overrides.temperature === undefined ? {} : { temperature: overrides.temperature }),
    ...(overrides.topP === undefined ? {} : { topP: overrides.topP }),
    ...Object.fromEntries(
      Object.entries(overrides.search ?? {}).filter(([, value]) => value !== undefined),
    ),
  };
  const result = SearchSpec.safeParse({
    ...PRESETS[presetName(name, suite)].spec,
    ...given,
    prompt: promptOf(suite, overrides),
    guidance: "ppm",
    earlyStop: false,
  });
  if (result.success) return { search: result.data, width: overrides.width ?? 8 };
  throw new ConfigError(
    `Cannot measure suite "${suite.name}" with preset "${name}" and these settings: ${
      describeIssues(result.error, "search")
    }`,
  );
}

function presetName(name: string, suite: Suite): PresetName {
  const found = PRESET_NAMES.find((known) => known === name);
  if (found !== undefined) return found;
  throw new ConfigError(
    `Cannot measure suite "${suite.name}" with preset "${name}": expected one of ${
      PRESET_NAMES.join(", ")
    }`,
  );
}
