import { ProviderError } from "../core/mod.ts";
import { isAborted } from "./_completion.ts";
import type { RawChoice } from "./_raw_choice.ts";
import { readBatch } from "./_read_batch.ts";
import type { Completion, Policy, SampleOptions, SampleReply, SampleRequest } from "./policy.ts";
import type { StopHandling, TokenFindings } from "./probe.ts";
import {
  KEEPS_DELIMITERS,
  NEUTRAL_SAMPLING,
  readReply,
  TextReply,
  type Usage,
} from "./_replies.ts";
import { collectSamples } from "./_sample.ts";
import type { RequestBody } from "./transport.ts";
import type { ServedModelOptions } from "./served_model.ts";
import { noTokens, otherTokens, TokenRequests } from "./_token_requests.ts";

/** Options of {@linkcode completionsPolicy} and {@linkcode chatPolicy}. */
export interface HttpPolicyOptions extends ServedModelOptions {
  /** Whether the server takes a seed per request without harm (docs/endpoints.md, "What is sent"). */
  readonly sendsSeed: boolean;
  /** Whether the server answers as many choices as it is asked for. One that does not is sent single requests. @default true */
  readonly honoursN?: boolean;
  /** Handling of stop strings seen at each server, by address. A stop string that is cut off without a word is inferred. */
  readonly stopHandling?: Readonly<Record<string, StopHandling>>;
  /** Addresses of chat servers that repeat a continued message in front of their reply. @default none */
  readonly echoes?: readonly string[];
  /** Addresses of servers that count the tokens of one choice of several. @default none */
  readonly countOneChoice?: readonly string[];
  /** Whether parameters of sampling that are not used are sent as neutral. The embedded engine has none. @default false */
  readonly neutralises?: boolean;
  /** Whether a continued message is marked as a prefix (DeepSeek, Mistral). @default false */
  readonly marksPrefix?: boolean;
  /** Findings about single tokens that hold for all servers; of the completions route only. @default none are asked for */
  readonly tokens?: TokenFindings | null;
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
      const last = prompt.at(-1);
      const continues = last?.role === "assistant";
      const messages = continues && options.marksPrefix === true
        ? [...prompt.slice(0, -1), { ...last, prefix: true }]
        : prompt;
      return {
        messages,
        ...(continues ? { continue_final_message: true, add_generation_prompt: false } : {}),
      };
    },
  });
}

/** Where the two routes differ. */
interface Route {
  readonly api: "completions" | "chat";
  readonly path: string;
  readonly fields: (request: SampleRequest) => Readonly<Record<string, unknown>>;
}

/** How often a request that had no reply in time is asked again, each time for half as many tokens. */
const MAX_HALVINGS = 3;

/** So many times in a row a server must say that nothing was generated: then its model ends at once. */
const BELIEVED_EMPTIES = 4;

function httpPolicy(options: HttpPolicyOptions, route: Route): Policy {
  const { tokens: found = null, pool } = options;
  const tokens = found === null || route.api === "chat"
    ? null
    : new TokenRequests(found, pool, options.model);
  const ask = async (
    request: SampleRequest,
    { count, offset, fields, ...call }: SampleOptions & {
      readonly count: number;
      readonly offset: number;
      readonly fields: RequestBody;
    },
  ) => {
    let empties = 0;
    let maxTokens = request.maxTokens;
    const { shown, ...batch } = await pool.request(route.path, {
      ...commonFields(request, { count, offset, options }),
      ...fields,
    }, {
      signal: call.signal,
      session: call.session,
      // The same would take as long again: what a model repeats until its tokens are used up, above all.
      again: (body, timeouts) => {
        if (timeouts > MAX_HALVINGS || maxTokens === 1) return null;
        maxTokens = Math.ceil(maxTokens / 2);
        return { ...body, max_tokens: maxTokens };
      },
      read: (reply, url) => {
        const { choices, usage } = readReply(TextReply, reply, url);
        const kept = choices.slice(0, count).map(withoutEcho(request, options.echoes ?? [], url));
        if (isEmpty(kept, usage)) {
          if (++empties < BELIEVED_EMPTIES) throw nothingGenerated(url);
          options.pool.noteQuirk("end not counted", `${url} answers no text and counts no token`);
        }
        const batch = readBatch(kept, { request, count, usage, url, options });
        const cutShort = maxTokens === request.maxTokens ? 0 : cutOnes(batch.completions);
        if (cutShort > 0 && !call.acceptsShorter) throw tooSlow(url, { request, maxTokens });
        return { ...batch, cutShort };
      },
      work: ({ completions, generatedTokens }) => ({
        tokens: generatedTokens,
        sequenceTokens: generatedTokens / completions.length,
      }),
    });
    if (tokens === null) return batch;
    return { ...batch, completions: await tokens.withTokens(batch.completions, shown, request) };
  };
  return {
    description: { api: route.api, model: options.model, ...options.findings },
    tokens: tokens?.ability ?? null,
    sample: async (request: SampleRequest, call: SampleOptions = {}): Promise<SampleReply> => {
      const fields = await questionOf(request, route, tokens);
      if (fields === null) return otherTokens(request);
      return await collectSamples(request, {
        signal: call.signal,
        ask: (count, offset, { signal }) =>
          ask(request, { ...call, signal, count, offset, fields }),
        honoursN: options.honoursN ?? true,
        price: options.price ?? null,
        now: options.now ?? (() => performance.now()),
      });
    },
  };
}

/** Fields of a request that say what is asked; `null` where forced text encodes to other tokens than it stands for. */
async function questionOf(
  request: SampleRequest,
  route: Route,
  tokens: TokenRequests | null,
): Promise<RequestBody | null> {
  const { continuation = [], logprobs, prompt } = request;
  const fields = route.fields(request);
  if (logprobs === undefined && continuation.length === 0) return fields;
  if (tokens === null || typeof prompt !== "string") throw noTokens();
  const forced = await tokens.promptOf(prompt, continuation);
  return forced === null ? null : { ...fields, prompt: forced, ...tokens.fields(request) };
}

/**
 * Whether nothing was generated, not even an end: so answers a gateway whose model is not there yet, or a server that does not count
 * the end of a model which ends at once. The latter answers so again.
 */
function isEmpty(choices: readonly RawChoice[], usage: Usage): boolean {
  return usage.completion_tokens === 0 && choices.length > 0 &&
    choices.every((one) => one.text === "" && !one.reasoning && !isAborted(one));
}

function nothingGenerated(url: string): ProviderError {
  return new ProviderError(
    `Cannot use the reply of ${url}: it holds no text, and says that no token was generated`,
    { status: 200, isRetryable: true, kind: "nothing generated" },
  );
}

/** Takes a continued message off the front of a reply that repeats it. */
function withoutEcho(
  { prompt }: SampleRequest,
  echoes: readonly string[],
  url: string,
): (choice: RawChoice) => RawChoice {
  const last = typeof prompt === "string" ? undefined : prompt.at(-1);
  if (last?.role !== "assistant" || !echoes.includes(url)) return (choice) => choice;
  return (choice) =>
    choice.text.startsWith(last.content)
      ? { ...choice, text: choice.text.slice(last.content.length) }
      : choice;
}

function cutOnes(completions: readonly Completion[]): number {
  return completions.filter(({ finishReason }) => finishReason === "length").length;
}

function tooSlow(
  url: string,
  { request, maxTokens }: { readonly request: SampleRequest; readonly maxTokens: number },
): ProviderError {
  return new ProviderError(
    `Cannot use the reply of ${url}: ${request.maxTokens} tokens take longer than --request-timeout allows, and with ${maxTokens} ` +
      "the text is not whole; raise --request-timeout",
    { status: null, isRetryable: false, kind: "too slow" },
  );
}

/**
 * The delimiters of the format are special tokens: a server that skips them never sees its own stop strings (docs/endpoints.md,
 * "What is sent").
 */
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
    // Some servers refuse an empty list.
    ...(request.stop.length === 0 ? {} : { stop: request.stop }),
    temperature: request.temperature,
    top_p: request.topP,
    max_tokens: request.maxTokens,
    ...KEEPS_DELIMITERS,
    ...(options.neutralises === true ? NEUTRAL_SAMPLING : {}),
    ...(options.sendsSeed ? { seed: request.seed + offset } : {}),
  };
}

function wrongPrompt(api: string, expected: string): ProviderError {
  return new ProviderError(
    `Cannot use the ${api} route with this prompt: expected ${expected}; check --policy-api and the preset's prompt`,
    { status: null, isRetryable: false, kind: "wrong prompt" },
  );
}
