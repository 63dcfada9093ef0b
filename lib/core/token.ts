/**
 * Tokens as a policy names them: what search needs in order to go on behind a token that was likely but was not drawn
 * (docs/search.md, "Forks").
 */

/** A token of the policy's vocabulary. */
export interface Token {
  /** Its number in the vocabulary; `null` where the server does not say it, and the token can only be sent as text. */
  readonly id: number | null;
  /** Text of this token alone; may hold U+FFFD where the token is a piece of a character, and be empty for a special token. */
  readonly text: string;
  /** UTF-8 bytes of this token alone, values 0 to 255; `null` where the server does not say them. */
  readonly bytes: readonly number[] | null;
  /** Whether the token ends the sequence: nothing is generated behind it. @default false */
  readonly isEnd?: boolean;
}

/** A token and how likely it was at its place. */
export interface TokenChoice extends Token {
  /** Natural logarithm of the probability at temperature 1, before any cut of the distribution; finite and at most 0. */
  readonly logprob: number;
}

/** A token that was generated, and those that could have stood in its place. */
export interface GeneratedToken extends TokenChoice {
  /**
   * The most probable other tokens, the likeliest first, at most as many as were asked for. Without the generated token itself; what
   * is impossible or unreadable (-inf, -9999, no number) is left out.
   */
  readonly alternatives: readonly TokenChoice[];
}

/**
 * Reason (`Completion.serverReason`) of an empty completion, ended as `aborted`, for a continuation whose text encodes to other
 * tokens. Nothing was generated: the continuation cannot be drawn behind at this server.
 */
export const OTHER_TOKENS = "continuation encodes to other tokens";

/** Text of tokens that follow each other: by their bytes where all have some, which joins characters that were split. */
export function textOfTokens(tokens: readonly Token[]): string {
  let text = "";
  let pending: number[] = [];
  const flush = () => {
    if (pending.length > 0) text += new TextDecoder().decode(new Uint8Array(pending));
    pending = [];
  };
  for (const token of tokens) {
    if (token.bytes !== null) pending.push(...token.bytes);
    else {
      flush();
      text += token.text;
    }
  }
  flush();
  return text;
}
