/** Price of a model's tokens in any one currency, per million. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
}

/** Price of a request; `null` where no price is configured. */
export function tokenPrice(
  price: TokenPrice | null,
  promptTokens: number,
  generatedTokens: number,
): number | null {
  if (price === null) return null;
  return (price.input * promptTokens + price.output * generatedTokens) / 1e6;
}
