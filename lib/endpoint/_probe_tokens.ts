import { z } from "zod";
import { policyPrompt, ProviderError, STOP_STRINGS } from "../core/mod.ts";
import type { RawPosition } from "./_raw_logprobs.ts";
import { KEEPS_DELIMITERS, readReply, TextReply } from "./_replies.ts";
import { patiently } from "./_served.ts";
import type { ProbeOptions, TokenFindings } from "./probe.ts";
import type { RequestBody, Transport } from "./transport.ts";
import { type TokenizeField, Vocabulary } from "./_vocabulary.ts";

/** Alternatives per token that are tried: vLLM's most, then OpenAI's. */
const TRIED_ALTERNATIVES = [20, 5] as const;

/** Largest difference between log-probabilities of one token in two replies that are the same number: those of bf16 vary. */
const TOLERANCE = 0.2;

/** Usual texts of tokens that end a sequence; one that a model has as a single token is one of them. */
const END_TEXTS = [
  "</s>",
  "<|im_end|>",
  "<|endoftext|>",
  "<|eot_id|>",
  "<|end_of_text|>",
  "<|end|>",
  "<eos>",
  "<end_of_turn>",
] as const;

const PROMPT = policyPrompt("What is 1 + 1?");

interface TokenProbe {
  readonly transport: Transport;
  readonly options: ProbeOptions & { readonly model: string };
}

/**
 * Finds out whether a completions endpoint shows log-probabilities before temperature, and goes on behind forced tokens.
 *
 * @returns The findings, or in words why search cannot work with its tokens.
 */
export async function tryTokens(
  transport: Transport,
  options: ProbeOptions & { readonly model: string },
): Promise<TokenFindings | string> {
  const probe: TokenProbe = { transport, options };
  const shown = await tryLogprobs(probe);
  if (shown === null) return "it answers no log-probabilities";
  const { first, maxAlternatives, field } = shown;
  const warm = await positionsOf(probe, { [field]: maxAlternatives, temperature: 2 });
  const gap = warm?.[0] === undefined ? null : gapOf(first, warm[0]);
  if (gap === null || gap > TOLERANCE) {
    return "its log-probabilities change with the temperature";
  }
  const tellsIds = first.id !== null && first.top.every(({ id }) => id !== null);
  const tokenizer = await tryTokenizer(probe);
  if (tokenizer === null) return "it does not tell the tokens of a text (/tokenize)";
  const { vocabulary, ids, tokenizeField } = tokenizer;
  const byIds = tellsIds
    ? await positionsOf(probe, { [field]: maxAlternatives, prompt: ids })
    : null;
  const idGap = byIds?.[0] === undefined ? null : gapOf(first, byIds[0]);
  const takesIds = idGap !== null && idGap <= TOLERANCE;
  // Texts of tokens that are told by their ids alone have to be asked for.
  if (first.text === null && !await tellsTexts(vocabulary, ids)) {
    return "it does not tell the text of a token (/detokenize)";
  }
  return {
    maxAlternatives,
    field,
    tellsIds,
    continuation: takesIds ? "ids" : "text",
    tokenizeField,
    ends: await tryEnds(probe, vocabulary),
  };
}

async function tryLogprobs(probe: TokenProbe) {
  for (const field of ["logprobs", "n_probs"] as const) {
    for (const alternatives of TRIED_ALTERNATIVES) {
      const shown = await positionsOf(probe, { [field]: alternatives });
      // It took the request and shows none: it would show no fewer either.
      if (shown?.length === 0) break;
      const [first] = shown ?? [];
      // The drawn token may stand among the others.
      const count = first?.top.length ?? 0;
      if (first !== undefined && first.logprob !== null && count > 0) {
        return { field, first, maxAlternatives: Math.min(count, alternatives) };
      }
    }
  }
  return null;
}

/** Positions of one short reply; `null` where it is refused, empty where it shows none. */
async function positionsOf(
  { transport, options }: TokenProbe,
  more: RequestBody,
): Promise<readonly RawPosition[] | null> {
  const body = {
    model: options.model,
    prompt: PROMPT,
    n: 1,
    temperature: 1,
    top_p: 1,
    max_tokens: 2,
    stop: STOP_STRINGS,
    ...KEEPS_DELIMITERS,
    return_tokens_as_token_ids: true,
    ...more,
  };
  return await orNull(
    () =>
      patiently(async () => {
        const reply = await transport.request("/completions", body, { signal: options.signal })
          .catch(unlessUnexpected);
        return readReply(TextReply, reply, transport.url).choices[0]?.positions ?? [];
      }, options),
  );
}

/** A 500 is what a server answers that did not expect a field, a page what it answers to a route it does not know: final, both. */
function unlessUnexpected(error: unknown): never {
  const isFinal = error instanceof ProviderError &&
    (error.status === 500 || error.kind === "no JSON");
  throw isFinal ? error.changed({ isRetryable: false }) : error;
}

/** Result of an attempt; `null` where it fails. What may pass was repeated before: no run ends because forks are not to be had. */
async function orNull<T>(attempt: () => Promise<T>): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ProviderError) return null;
    throw error;
  }
}

/** Largest difference over the tokens that both positions show; `null` where they have none in common. */
function gapOf(a: RawPosition, b: RawPosition): number | null {
  const key = (token: { readonly id: number | null; readonly text: string | null }) =>
    token.id === null ? `"${token.text}` : String(token.id);
  const known = new Map([...a.top, a].map((token) => [key(token), token.logprob]));
  const gaps = [...b.top, b].flatMap((token) => {
    const other = known.get(key(token));
    return typeof other === "number" && token.logprob !== null
      ? [Math.abs(other - token.logprob)]
      : [];
  });
  return gaps.length === 0 ? null : Math.max(...gaps);
}

async function tryTokenizer(probe: TokenProbe): Promise<
  {
    readonly vocabulary: Vocabulary;
    readonly ids: readonly number[];
    readonly tokenizeField: TokenizeField;
  } | null
> {
  const { transport, options } = probe;
  for (const tokenizeField of ["prompt", "content"] as const) {
    const vocabulary = new Vocabulary(
      (path, body, read) =>
        patiently(async () => {
          const { signal } = options;
          const reply = await transport.request(path, body, { signal }).catch(unlessUnexpected);
          return read(reply, transport.url);
        }, options),
      { model: options.model, field: tokenizeField },
    );
    const ids = await orNull(() => vocabulary.tokensOf(PROMPT));
    if (ids !== null) return { vocabulary, ids, tokenizeField };
  }
  return null;
}

async function tellsTexts(vocabulary: Vocabulary, ids: readonly number[]): Promise<boolean> {
  return await orNull(() => vocabulary.learn(ids).then(() => true)) ?? false;
}

const EndsReply = z.object({
  data: z.array(z.object({ id: z.string(), end_token_ids: z.array(z.int().min(0)).nullish() })),
});

/** Tokens that end a sequence: as the embedded engine says, else those of the usual texts that are single tokens. */
async function tryEnds(
  { transport, options }: TokenProbe,
  vocabulary: Vocabulary,
): Promise<TokenFindings["ends"]> {
  const { signal, model } = options;
  const reply = await orNull(() => transport.request("/models", null, { signal }));
  const said = EndsReply.safeParse(reply).data?.data.find(({ id }) => id === model)?.end_token_ids;
  if (said && said.length > 0) {
    await orNull(() => vocabulary.learn(said));
    return { ids: said, texts: said.map((id) => vocabulary.textOf(id)) };
  }
  const ids: number[] = [];
  const texts: string[] = [];
  for (const text of END_TEXTS) {
    const [id, more] = await orNull(() => vocabulary.plainTokensOf(text)) ?? [];
    if (id === undefined || more !== undefined) continue;
    ids.push(id);
    texts.push(text);
  }
  return { ids, texts };
}
