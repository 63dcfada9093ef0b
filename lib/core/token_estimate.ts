/** Tokens of texts whose tokenizer is unknown, from their length. */

/** Characters per token of dense LaTeX and numbers: few texts have fewer. */
const DENSE_CHARACTERS_PER_TOKEN = 2;

/** Characters per token of mathematical text with code, whose digits are tokens of their own. */
const USUAL_CHARACTERS_PER_TOKEN = 3;

/** Tokens that a text or chat hardly exceeds: for what is left of a model's context before a server has counted. */
export function mostTokens(text: string | readonly { readonly content: string }[]): number {
  const characters = typeof text === "string"
    ? text.length
    : text.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / DENSE_CHARACTERS_PER_TOKEN);
}

/** Tokens that a text usually has: for the account of what was spent where a server does not count. */
export function usualTokens(text: string): number {
  return Math.ceil(text.length / USUAL_CHARACTERS_PER_TOKEN);
}
