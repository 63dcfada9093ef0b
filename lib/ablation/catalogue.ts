import type { Ablation } from "./ablation.ts";
import { REWARD_ABLATION } from "./reward_ablation.ts";
import { ROUND_ABLATION } from "./round_ablation.ts";
import { SEARCH_ABLATION } from "./search_ablation.ts";
import { SELECTION_ABLATION } from "./selection_ablation.ts";
import { SFT_ABLATION } from "./sft_ablation.ts";

/** Every ablation, by name. */
export const ABLATIONS: Readonly<Record<string, Ablation>> = Object.fromEntries(
  [SFT_ABLATION, REWARD_ABLATION, SEARCH_ABLATION, SELECTION_ABLATION, ROUND_ABLATION].map((
    ablation,
  ) => [ablation.name, ablation]),
);
