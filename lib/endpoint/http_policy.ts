import { ProviderError } from "../core/mod.ts";
import { estimatedTokens, type RawChoice, readChoice, shareTokens } from "./_completion.ts";
import type { CallOptions, Policy, SampleReply, SampleRequest } from "./policy.ts";
import { ChatReply, CompletionsReply, KEEPS_DELIMITERS, readReply } from "./_replies.ts";
import { type Batch, collectSamples } from "./_sample.ts";
import type { ServedModelOptions } from "./served_model.ts";

/** Options of {@linkcode completionsPolicy} and {@linkcode chatPolicy}. */
export interface HttpPolicyOptions extends ServedModelOptions {
  /** Whether the server takes a seed per request without harm (endpoints.md). */
  readonly sendsSeed: boolean;
  /** Whether the server answers as many choices as it is asked for. One that does not is sent single requests. @default true */
  readonly honoursN?: boolean;
}

/** A policy behind `/v1/completions`: a fine-tuned model that knows the special tokens. */
export function completionsPolicy(options: HttpPolicyOptions): Policy {
  return httpPolicy(options, {
    api: "completions",
    path: "/completions",
    fields: ({ prompt }) => {
      if (typeof prompt !== "string") throw wrongPrompt("completions", "text");
      return { prompt };
    },
    read: (reply, url) => readReply(CompletionsReply, reply, url),
  });
}

/**
 * A policy behind `/v1/chat/completions`: a general model for the bootstrap round. A last `assistant` message is continued
 * (vLLM's `continue_final_message`).
 */
export function chatPolicy(options: HttpPolicyOptions): Policy {
  return httpPolicy(options, {
    api: "chat",
    path: "/chat/completions",
    fields: ({ prompt }) => {
      if (typeof prompt === "string") throw wrongPrompt("chat", "messages");
      const continues = prompt.at(-1)?.role === "assistant";
      return {
        messages: prompt,
        ...(continues ? { continue_final_message: true, add_generation_prompt: false } : {}),
      };
    },
    read: (reply, url) => readReply(ChatReply, reply, url),
  });
}

/** What servers say of the tokens of a reply. */
type Usage =
  | {
    readonly prompt_tokens: number;
    readonly completion_tokens?: number | null | undefined;
  }
  | null
  | undefined;

/** Where the two routes differ. */
interface Route {
  readonly api: "completions" | "chat";
  readonly path: string;
  readonly fields: (request: SampleRequest) => Readonly<Record<string, unknown>>;
  readonly read: (
    reply: unknown,
    url: string,
  ) => { readonly choices: readonly RawChoice[]; readonly usage?: Usage };
}

/** So many times in a row a server must say that nothing was generated: then its model ends at once. */
const BELIEVED_EMPTIES = 4;

function httpPolicy(options: HttpPolicyOptions, route: Route): Policy {
  const ask = async (request: SampleRequest, count: number, offset: number, call: CallOptions) => {
    let empties = 0;
    return await options.pool.request(route.path, {
      ...commonFields(request, { count, offset, options }),
      ...route.fields(request),
    }, {
      ...call,
      read: (reply, url) => {
        const { choices, usage } = route.read(reply, url);
        const kept = choices.slice(0, count);
        if (isEmpty(kept, usage)) {
          if (++empties < BELIEVED_EMPTIES) throw nothingGenerated(url);
          options.pool.noteQuirk("end not counted", `${url} answers no text and counts no token`);
        }
        return readBatch(kept, { request, count, usage, url, options });
      },
      work: ({ completions, generatedTokens }) => ({
        tokens: generatedTokens,
        sequenceTokens: generatedTokens / completions.length,
      }),
    });
  };
  return {
    description: { api: route.api, model: options.model, ...options.findings },
    sample: (request: SampleRequest, call: CallOptions = {}): Promise<SampleReply> =>
      collectSamples(request, {
        ...call,
        ask: (count, offset, inner) => ask(request, count, offset, inner),
        honoursN: options.honoursN ?? true,
        price: options.price ?? null,
        now: options.now ?? (() => performance.now()),
      }),
  };
}

/**
 * Whether nothing was generated, not even an end: so answers a gateway whose model is not there yet, or a server that does not count
 * the end of a model which ends at once. The latter answers so again.
 */
function isEmpty(choices: readonly RawChoice[], usage: Usage): boolean {
  return usage?.completion_tokens === 0 && choices.length > 0 &&
    choices.every(({ text }) => text === "");
}

function nothingGenerated(url: string): ProviderError {
  return new ProviderError(
    `Cannot use the reply of ${url}: it holds no text, and says that no token was generated`,
    { status: 200, isRetryable: true, kind: "nothing generated" },
  );
}

/** The completions of one reply; what the server did otherwise than asked is mended and counted. */
function readBatch(
  choices: readonly RawChoice[],
  context: {
    readonly request: SampleRequest;
    readonly count: number;
    readonly usage: Usage;
    readonly url: string;
    readonly options: HttpPolicyOptions;
  },
): Batch {
  const { request, count, usage, url, options: { pool } } = context;
  if (choices.length === 0) {
    throw new ProviderError(`Cannot use the reply of ${url}: expected ${count} choices, got none`, {
      ...{ status: 200, isRetryable: true, kind: "no choices" },
    });
  }
  const texts = choices.map(({ text }) => text);
  const counted = usage?.completion_tokens ?? null;
  const generatedTokens = counted ?? texts.reduce((sum, text) => sum + estimatedTokens(text), 0);
  if (counted === null) {
    pool.noteQuirk("no usage", `${url} counts no tokens: they are estimated from the text`);
  }
  if (choices.length < count) {
    pool.noteQuirk("n not honoured", `${url} answered ${choices.length} choices of ${count}`);
  }
  const shares = shareTokens(texts, generatedTokens);
  const completions = choices.map((choice, i) => {
    const { completion, wasCut } = readChoice(choice, request, shares[i] ?? 0);
    if (wasCut) {
      pool.noteQuirk(
        "stop string not honoured",
        `${url} went on after "${completion.stopString}": the text is cut there`,
      );
    }
    return completion;
  });
  return {
    completions,
    promptTokens: usage?.prompt_tokens ?? estimatedTokens(promptText(request.prompt)),
    generatedTokens,
    isEstimated: counted === null,
  };
}

function promptText(prompt: SampleRequest["prompt"]): string {
  return typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n");
}

/** The delimiters of the format are special tokens: a server that skips them never sees its own stop strings (endpoints.md). */
function commonFields(
  request: SampleRequest,
  { count, offset, options }: {
    readonly count: number;
    readonly offset: number;
    readonly options: HttpPolicyOptions;
  },
): Readonly<Record<string, unknown>> {
  return {
    model: options.model,
    n: count,
    stop: request.stop,
    temperature: request.temperature,
    top_p: request.topP,
    max_tokens: request.maxTokens,
    ...KEEPS_DELIMITERS,
    ...(options.sendsSeed ? { seed: request.seed + offset } : {}),
  };
}

function wrongPrompt(api: string, expected: string): ProviderError {
  return new ProviderError(
    `Cannot use the ${api} route with this prompt: expected ${expected}; check --policy-api and the preset's prompt`,
    { status: null, isRetryable: false, kind: "wrong prompt" },
  );
}
