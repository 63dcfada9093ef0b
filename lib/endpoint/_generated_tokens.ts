/** Generated tokens of a completion, as the rest of the harness sees them. */
import type { RawPosition, RawToken } from "./_raw_logprobs.ts";
import type { Completion } from "./policy.ts";
import { type GeneratedToken, textOfTokens, type TokenChoice } from "./token.ts";

/** Tokens that end a sequence, as a probe found them. */
export interface EndTokens {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
}

/** Options of {@linkcode generatedTokens}. */
export interface GeneratedOptions {
  /** Alternatives per token that were asked for. */
  readonly alternatives: number;
  readonly ends: EndTokens;
  /** Text of a token that is said by its id alone. */
  readonly textOf: (id: number) => string;
  /** Whether the text was cut at a stop string that the server went on after. */
  readonly wasCut: boolean;
}

/** Reads the tokens of a completion; `null` where one that was generated has no log-probability. */
export function generatedTokens(
  positions: readonly RawPosition[],
  completion: Completion,
  options: GeneratedOptions,
): readonly GeneratedToken[] | null {
  const { alternatives, wasCut } = options;
  const tokens: GeneratedToken[] = [];
  for (const position of positions) {
    const own = choiceOf(position, options);
    if (own === null) return null;
    const others = position.top.filter((other) => !isSame(other, position))
      .flatMap((other) => choiceOf(other, options) ?? [])
      .toSorted((a, b) => b.logprob - a.logprob)
      .slice(0, alternatives);
    tokens.push({ ...own, alternatives: others });
  }
  return wasCut ? upTo(tokens, completion.text.length) : tokens;
}

function choiceOf(token: RawToken, { ends, textOf }: GeneratedOptions): TokenChoice | null {
  const { id, bytes, logprob } = token;
  if (logprob === null) return null;
  const text = token.text ?? (id === null ? "" : textOf(id));
  const isEnd = id === null ? ends.texts.includes(text) : ends.ids.includes(id);
  return { id, text, bytes, logprob, ...(isEnd ? { isEnd } : {}) };
}

function isSame(a: RawToken, b: RawToken): boolean {
  return a.id !== null && b.id !== null ? a.id === b.id : a.text === b.text;
}

/** The tokens whose texts reach so many characters, the one that reaches them included. */
function upTo(tokens: readonly GeneratedToken[], characters: number): readonly GeneratedToken[] {
  const reaches = (count: number) => textOfTokens(tokens.slice(0, count)).length >= characters;
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return tokens.slice(0, low);
}
