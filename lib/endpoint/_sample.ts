import { ProviderError } from "../core/mod.ts";
import type { RawChoice } from "./_replies.ts";
import { toCompletion } from "./_replies.ts";
import type { Completion, SampleReply, SampleRequest } from "./policy.ts";
import { type TokenPrice, tokenPrice } from "./price.ts";

/** One round trip: some choices and what they cost. */
export interface Batch {
  readonly choices: readonly RawChoice[];
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** Options of {@linkcode collectSamples}. */
export interface CollectOptions {
  /** Asks for `count` choices; `offset` are there already. */
  readonly ask: (count: number, offset: number) => Promise<Batch>;
  readonly price: TokenPrice | null;
  readonly now: () => number;
}

/**
 * Collects exactly n completions. Some servers ignore `n`: what is missing is asked for again, as long as each request brings
 * something.
 *
 * @throws {ProviderError} If a request brings nothing.
 */
export async function collectSamples(
  request: SampleRequest,
  options: CollectOptions,
): Promise<SampleReply> {
  const startedMs = options.now();
  const completions: Completion[] = [];
  let promptTokens = 0;
  let generatedTokens = 0;
  while (completions.length < request.n) {
    const missing = request.n - completions.length;
    const batch = await options.ask(missing, completions.length);
    if (batch.choices.length === 0) {
      throw new ProviderError(
        `Cannot sample ${request.n} completions: the endpoint gave ${completions.length} and then none`,
        { status: 200, isRetryable: false },
      );
    }
    promptTokens += batch.promptTokens;
    generatedTokens += batch.generatedTokens;
    const shares = shareTokens(batch);
    batch.choices.slice(0, missing).forEach((choice, i) => {
      completions.push(toCompletion(choice, request, shares[i] ?? 0));
    });
  }
  return {
    completions,
    promptTokens,
    generatedTokens,
    seconds: (options.now() - startedMs) / 1000,
    price: tokenPrice(options.price, promptTokens, generatedTokens),
  };
}

/** Servers count tokens per reply, not per choice: a choice gets its share by length, and the shares add up. */
function shareTokens({ choices, generatedTokens }: Batch): number[] {
  const lengths = choices.map((choice) => choice.text.length + 1);
  const total = lengths.reduce((a, b) => a + b, 0);
  let before = 0;
  return lengths.map((length) => {
    const from = Math.round((before / total) * generatedTokens);
    before += length;
    return Math.round((before / total) * generatedTokens) - from;
  });
}
