/** What servers answer, as far as it is used; further fields are ignored, since every server adds its own. */
import { z } from "zod";
import { ProviderError } from "../core/mod.ts";

const Usage = z.object({
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0).nullish(),
}).nullish();

const choice = {
  index: z.int().min(0).optional(),
  finish_reason: z.enum(["stop", "length"]),
  /** vLLM: the stop string, or the id of a stop token, or null. */
  stop_reason: z.union([z.string(), z.number()]).nullish(),
};

/** Reply of `/completions`. */
export const CompletionsReply = z.object({
  choices: z.array(z.object({ ...choice, text: z.string() })),
  usage: Usage,
});

/** Reply of `/chat/completions`, with its choices as `/completions` gives them. */
export const ChatReply = z.object({
  choices: z.array(
    z.object({ ...choice, message: z.object({ content: z.string().nullable() }) })
      .transform(({ message, ...rest }) => ({ ...rest, text: message.content ?? "" })),
  ),
  usage: Usage,
});

/** Fields of a request by which vLLM leaves the format's stop strings and special tokens in the text. */
export const KEEPS_DELIMITERS = {
  include_stop_str_in_output: true,
  skip_special_tokens: false,
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
