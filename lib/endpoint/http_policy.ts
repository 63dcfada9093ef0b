import { ProviderError } from "../core/mod.ts";
import type { CallOptions, Policy, SampleReply, SampleRequest } from "./policy.ts";
import type { ServedModelOptions } from "./served_model.ts";
import { ChatReply, CompletionsReply, readReply } from "./_replies.ts";
import { type Batch, collectSamples } from "./_sample.ts";

/** Options of {@linkcode completionsPolicy} and {@linkcode chatPolicy}. */
export interface HttpPolicyOptions extends ServedModelOptions {
  /** Whether the server takes a seed per request without harm (endpoints.md). */
  readonly sendsSeed: boolean;
}

/** A policy behind `/v1/completions`: a fine-tuned model that knows the special tokens. */
export function completionsPolicy(options: HttpPolicyOptions): Policy {
  return httpPolicy("completions", options, async (request, count, offset, call) => {
    if (typeof request.prompt !== "string") throw wrongPrompt("completions", "text");
    return await options.pool.request("/completions", {
      ...commonFields(request, count, offset, options),
      prompt: request.prompt,
    }, {
      ...call,
      read: (reply, url): Batch => {
        const { choices, usage } = readReply(CompletionsReply, reply, url);
        return {
          choices,
          promptTokens: usage.prompt_tokens,
          generatedTokens: usage.completion_tokens ?? 0,
        };
      },
    });
  });
}

/**
 * A policy behind `/v1/chat/completions`: a general model for the bootstrap round. A last `assistant` message is continued
 * (vLLM's `continue_final_message`).
 */
export function chatPolicy(options: HttpPolicyOptions): Policy {
  return httpPolicy("chat", options, async (request, count, offset, call) => {
    if (typeof request.prompt === "string") throw wrongPrompt("chat", "messages");
    const continues = request.prompt.at(-1)?.role === "assistant";
    return await options.pool.request("/chat/completions", {
      ...commonFields(request, count, offset, options),
      messages: request.prompt,
      ...(continues ? { continue_final_message: true, add_generation_prompt: false } : {}),
    }, {
      ...call,
      read: (reply, url): Batch => {
        const { choices, usage } = readReply(ChatReply, reply, url);
        return {
          choices: choices.map(({ message, ...rest }) => ({
            ...rest,
            text: message.content ?? "",
          })),
          promptTokens: usage.prompt_tokens,
          generatedTokens: usage.completion_tokens ?? 0,
        };
      },
    });
  });
}

type Ask = (
  request: SampleRequest,
  count: number,
  offset: number,
  call: CallOptions,
) => Promise<Batch>;

function httpPolicy(api: "completions" | "chat", options: HttpPolicyOptions, ask: Ask): Policy {
  return {
    description: { api, model: options.model, ...options.findings },
    sample: (request: SampleRequest, call: CallOptions = {}): Promise<SampleReply> =>
      collectSamples(request, {
        ask: (count, offset) => ask(request, count, offset, call),
        price: options.price ?? null,
        now: options.now ?? (() => performance.now()),
      }),
  };
}

/** The delimiters of the format are special tokens: a server that skips them never sees its own stop strings (endpoints.md). */
function commonFields(
  request: SampleRequest,
  count: number,
  offset: number,
  options: HttpPolicyOptions,
): Readonly<Record<string, unknown>> {
  return {
    model: options.model,
    n: count,
    stop: request.stop,
    temperature: request.temperature,
    top_p: request.topP,
    max_tokens: request.maxTokens,
    include_stop_str_in_output: true,
    skip_special_tokens: false,
    ...(options.sendsSeed ? { seed: request.seed + offset } : {}),
  };
}

function wrongPrompt(api: string, expected: string): ProviderError {
  return new ProviderError(
    `Cannot use the ${api} route with this prompt: expected ${expected}; check --policy-api and the preset's prompt`,
    { status: null, isRetryable: false },
  );
}
