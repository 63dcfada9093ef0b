/** Tokens that every text is said to have. */
const TOKENS_PER_TEXT = 5;

/** Body of a reply of `/v1/completions` with these texts, each ended by its last delimiter as vLLM reports it. */
export function completionsReply(texts: readonly string[]) {
  return {
    choices: texts.map((text, index) => ({
      index,
      text,
      finish_reason: "stop",
      stop_reason: /<[a-z_]+>$/.exec(text)?.[0] ?? null,
    })),
    usage: { prompt_tokens: 10, completion_tokens: TOKENS_PER_TEXT * texts.length },
  };
}
