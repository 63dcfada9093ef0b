import type { CallOptions, Completion, SampleReply, SampleRequest } from "./policy.ts";
import { type TokenPrice, tokenPrice } from "./price.ts";

/** One round trip: some completions and what they cost. */
export interface Batch {
  /** At least one. */
  readonly completions: readonly Completion[];
  readonly promptTokens: number;
  readonly generatedTokens: number;
  /** Completions that end at fewer tokens than asked for. */
  readonly cutShort: number;
  /** Whether the server counted no tokens. */
  readonly isEstimated: boolean;
}

/** Options of {@linkcode collectSamples}. */
export interface CollectOptions extends CallOptions {
  /** Asks for `count` completions; `offset` have been asked for before. */
  readonly ask: (count: number, offset: number, options: CallOptions) => Promise<Batch>;
  /** Whether the server is known to answer more than one choice per request. */
  readonly honoursN: boolean;
  readonly price: TokenPrice | null;
  readonly now: () => number;
}

/**
 * Collects exactly n completions. Some servers ignore `n`: what is missing is asked for again, side by side, in requests as large as
 * the server fills.
 *
 * @throws {ProviderError} If a request fails.
 */
export async function collectSamples(
  request: SampleRequest,
  options: CollectOptions,
): Promise<SampleReply> {
  const startedMs = options.now();
  const batches: Batch[] = [];
  let size = options.honoursN ? request.n : 1;
  let collected = 0;
  while (collected < request.n) {
    const round = await askTogether(request.n - collected, { ...options, size, collected });
    batches.push(...round);
    collected += round.reduce((sum, { completions }) => sum + completions.length, 0);
    size = Math.max(1, ...round.map(({ completions }) => completions.length));
  }
  const sum = (count: (batch: Batch) => number) => batches.reduce((n, b) => n + count(b), 0);
  const promptTokens = sum((batch) => batch.promptTokens);
  const generatedTokens = sum((batch) => batch.generatedTokens);
  const cutShort = sum((batch) => batch.cutShort);
  return {
    completions: batches.flatMap(({ completions }) => completions).slice(0, request.n),
    promptTokens,
    generatedTokens,
    seconds: (options.now() - startedMs) / 1000,
    price: tokenPrice(options.price, promptTokens, generatedTokens),
    ...(batches.length === 1 ? {} : { contextTokens: batches[0]?.promptTokens ?? 0 }),
    ...(cutShort === 0 ? {} : { cutShort }),
    ...(batches.some(({ isEstimated }) => isEstimated) ? { tokensAreEstimated: true } : {}),
  };
}

/** One round of requests, in order. When one fails for good, the others are given up: the reply needs all of them. */
async function askTogether(
  missing: number,
  options: CollectOptions & { readonly size: number; readonly collected: number },
): Promise<readonly Batch[]> {
  const { ask, size, collected, signal } = options;
  if (size >= missing) return [await ask(missing, collected, { signal })];
  const counts = Array.from(
    { length: Math.ceil(missing / size) },
    (_, i) => Math.min(size, missing - i * size),
  );
  const failed = new AbortController();
  const inner = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const requests = counts.map((count, i) => ask(count, collected + i * size, { signal: inner }));
  try {
    return await Promise.all(requests);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(requests);
    throw error;
  }
}
