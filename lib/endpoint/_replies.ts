/** Replies of servers, as far as they are used; further fields are ignored, since every server adds its own. */
import { z } from "zod";
import { ProviderError } from "../core/mod.ts";
import { rawChoice, UNREADABLE } from "./_raw_choice.ts";

/** Token counts of a reply, as the server reports them; `null` where it does not. */
export interface Usage {
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  /** Prompt tokens that were found in the server's cache; `null` where it does not say. */
  readonly cached_tokens: number | null;
}

const Counts = z.record(z.string(), z.unknown());

/** Every count may be missing, and may be missing alone. */
const PartialUsage = z.unknown().optional().transform((usage): Usage => {
  const counts = Counts.safeParse(usage).data ?? {};
  const [prompt, generated, total] = ["prompt_tokens", "completion_tokens", "total_tokens"]
    .map((name) => tokenCount(counts[name]));
  const rest = (known: number | null | undefined) =>
    typeof total === "number" && typeof known === "number" && total >= known ? total - known : null;
  const details = Counts.safeParse(counts["prompt_tokens_details"]).data ?? {};
  return {
    cached_tokens: tokenCount(details["cached_tokens"]),
    prompt_tokens: prompt ?? rest(generated),
    completion_tokens: generated ?? rest(prompt),
  };
});

function tokenCount(value: unknown): number | null {
  const count = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof count === "number" && Number.isInteger(count) && count >= 0 ? count : null;
}

/** Reply of `/completions` and of `/chat/completions`: of its choices one at least must be known for what it is. */
export const TextReply = z.object({
  choices: z.array(z.unknown()).transform((choices) => choices.map(rawChoice))
    .refine(
      (choices) => choices.length === 0 || choices.some((one) => one.finish_reason !== UNREADABLE),
      "no choice holds a text",
    ),
  usage: PartialUsage,
});

/** Fields of a request by which vLLM leaves the format's stop strings and special tokens in the text. */
export const KEEPS_DELIMITERS = {
  include_stop_str_in_output: true,
  skip_special_tokens: false,
} as const;

/**
 * Parameters of sampling that rstar does not use, at the values at which they do nothing: without them vLLM fills in those of the
 * checkpoint's `generation_config.json`, and what is recorded would not be what was sampled from.
 */
export const NEUTRAL_SAMPLING = {
  top_k: -1,
  min_p: 0,
  repetition_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
} as const;

/** Reply of `/pooling` with a model that has one score. */
export const PoolingReply = z.object({
  data: z.array(z.object({
    index: z.int().min(0),
    data: z.union([z.number(), z.tuple([z.number()]).transform(([value]) => value)]),
  })),
  usage: z.object({ prompt_tokens: z.int().min(0) }).nullish(),
});

/** Reply of `/models`. */
export const ModelsReply = z.object({
  data: z.array(z.object({
    id: z.string(),
    owned_by: z.string().nullish(),
    /** vLLM and the embedded engine: context length in tokens. */
    max_model_len: z.int().min(1).nullish(),
  })),
});

/** Reply of vLLM's `/tokenize`. */
export const TokenizeReply = z.object({ count: z.int().min(0) });

/**
 * Checks a reply.
 *
 * @throws {ProviderError} Retryable: a server that answers nonsense once may not do so again.
 */
export function readReply<S extends z.ZodType>(
  schema: S,
  reply: unknown,
  url: string,
): z.output<S> {
  const result = schema.safeParse(reply);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ProviderError(
    `Cannot use the reply of ${url}: ${issue?.path.join(".") ?? ""}: ${
      issue?.message ?? "invalid"
    }`,
    { status: 200, isRetryable: true, cause: result.error },
  );
}
