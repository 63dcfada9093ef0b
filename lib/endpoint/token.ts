/** Abilities of a policy beside whole texts; the tokens themselves stand in `lib/core/token.ts`. */
export {
  type GeneratedToken,
  OTHER_TOKENS,
  textOfTokens,
  type Token,
  type TokenChoice,
} from "../core/mod.ts";

/** Ability of a policy to show single tokens and to go on behind them. */
export interface TokenAbility {
  /** Most alternatives per token that it answers; at least 1. */
  readonly maxAlternatives: number;
  /**
   * How a forced continuation reaches the model: `ids` exactly as those tokens; `text` as text behind the prompt, which is exact only
   * where the text encodes to those very tokens.
   */
  readonly continuation: "ids" | "text";
}
