import {
  AblateConfig,
  configurationReference,
  EvalConfig,
  EvolveConfig,
  meaningsOf,
  ScienceConfig,
  SynthConfig,
} from "../config/mod.ts";
import { PairRules, pairRules, RULE_PRESETS, SftRules, sftRules } from "../export/mod.ts";
import { PRESETS, SearchSpec } from "../search/mod.ts";
import { TRAINING_KINDS, TRAINING_PRESETS, TrainSettings, trainSettings } from "../training/mod.ts";

/** Commands whose settings a file can hold, with the schema of each. */
export const CONFIGURABLE = {
  synth: SynthConfig,
  evolve: EvolveConfig,
  eval: EvalConfig,
  ablate: AblateConfig,
  science: ScienceConfig,
} as const;

/** All settings and parameters as Markdown: `docs/configuration.md`. */
export function configurationDocs(): string {
  const trainings = TRAINING_PRESETS.flatMap((preset) =>
    TRAINING_KINDS.map((kind) => [`${preset} ${kind}`, trainSettings(kind, { preset })] as const)
  );
  const specs = Object.entries(PRESETS).map(([name, { spec }]) => [name, spec] as const);
  return configurationReference(
    Object.entries(CONFIGURABLE).map(([command, schema]) => ({ command, schema })),
    [
      {
        title: "Parameters of the search",
        introduction:
          "The fields of `--search`. Below the table: what other presets change. docs/search.md says how they act.",
        meanings: meaningsOf(SearchSpec),
        presets: Object.fromEntries(specs),
      },
      {
        title: "Rules for traces",
        introduction:
          "The fields of `--sft-rules`: which right trajectories become data for fine-tuning.",
        meanings: meaningsOf(SftRules),
        presets: Object.fromEntries(RULE_PRESETS.map((name) => [name, sftRules(name)])),
      },
      {
        title: "Rules for pairs",
        introduction: "The fields of `--pair-rules`: which steps and answers are compared.",
        meanings: meaningsOf(PairRules),
        presets: Object.fromEntries(RULE_PRESETS.map((name) => [name, pairRules(name)])),
      },
      {
        title: "Settings of training",
        introduction: "By preset and kind of training: the policy (sft), the PPM, and the two " +
          "reward models that it is compared with.",
        meanings: meaningsOf(TrainSettings),
        presets: Object.fromEntries(trainings),
      },
    ],
  );
}
