import { ProviderError, usualTokens } from "../core/mod.ts";
import { readChoice, shareTokens } from "./_completion.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import type { SampleRequest } from "./policy.ts";
import type { StopHandling } from "./probe.ts";
import type { RawChoice } from "./_raw_choice.ts";
import type { Usage } from "./_replies.ts";
import type { Batch } from "./_sample.ts";
import type { ShownChoice } from "./_token_requests.ts";

/** Knowledge of the servers that a reply may come from, and where their quirks are counted. */
export interface ReadBatchOptions {
  readonly pool: Pick<EndpointPool, "noteQuirk" | "noteCached">;
  readonly stopHandling?: Readonly<Record<string, StopHandling>>;
  /** Addresses of servers that count the tokens of one choice of several. @default none */
  readonly countOneChoice?: readonly string[];
}

/** The completions of one reply; what the server did otherwise than asked is mended and counted. */
export function readBatch(
  choices: readonly RawChoice[],
  context: {
    readonly request: SampleRequest;
    readonly count: number;
    readonly usage: Usage;
    readonly url: string;
    readonly options: ReadBatchOptions;
  },
): Omit<Batch, "cutShort"> & { readonly shown: readonly ShownChoice[] } {
  const { request, count, usage, url, options } = context;
  const { pool, stopHandling = {}, countOneChoice = [] } = options;
  if (choices.length === 0) {
    throw new ProviderError(`Cannot use the reply of ${url}: expected ${count} choices, got none`, {
      status: 200,
      isRetryable: true,
      kind: "no choices",
    });
  }
  const texts = choices.map(({ text, reasoning = "" }) => reasoning + text);
  const isPart = choices.length > 1 && countOneChoice.includes(url);
  const counted = isPart ? null : usage.completion_tokens;
  const generatedTokens = counted ?? texts.reduce((sum, text) => sum + usualTokens(text), 0);
  if (counted === null) {
    pool.noteQuirk("no usage", `${url} counts no tokens: they are estimated from the text`);
  }
  if (usage.cached_tokens !== null && usage.prompt_tokens !== null) {
    pool.noteCached(usage.prompt_tokens, usage.cached_tokens);
  }
  if (choices.length < count) {
    pool.noteQuirk("n not honoured", `${url} answered ${choices.length} choices of ${count}`);
  }
  const shares = shareTokens(texts, generatedTokens);
  const shown: ShownChoice[] = [];
  const completions = choices.map((choice, i) => {
    const { completion, wasCut, reasoning } = readChoice(
      choice,
      request,
      shares[i] ?? 0,
      stopHandling[url],
    );
    if (reasoning > 0) {
      pool.noteQuirk(
        "reasoning set aside",
        `${url} writes its reasoning first (${reasoning} characters): it is paid for, and no part of the text`,
      );
    }
    if (completion.finishReason === "aborted") {
      pool.noteQuirk("ended by the server", `${url} ended a text by "${completion.serverReason}"`);
    }
    if (wasCut) {
      pool.noteQuirk(
        "stop string not honoured",
        `${url} went on after "${completion.stopString}": the text is cut there`,
      );
    }
    // Of a text whose reasoning was set aside the tokens would be more than the text.
    shown.push({ positions: reasoning > 0 ? null : choice.positions ?? null, wasCut });
    return completion;
  });
  return {
    completions,
    shown,
    promptTokens: usage.prompt_tokens ?? usualTokens(promptText(request.prompt)),
    generatedTokens,
    isEstimated: counted === null,
  };
}

function promptText(prompt: SampleRequest["prompt"]): string {
  return typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n");
}
