/** What servers answer, as far as it is used; further fields are ignored, since every server adds its own. */
import { z } from "zod";
import { ProviderError } from "../core/mod.ts";
import type { Completion, SampleRequest } from "./policy.ts";

const Usage = z.object({
  prompt_tokens: z.int().min(0),
  completion_tokens: z.int().min(0).nullish(),
});

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

/** Reply of `/chat/completions`. */
export const ChatReply = z.object({
  choices: z.array(
    z.object({ ...choice, message: z.object({ content: z.string().nullable() }) }),
  ),
  usage: Usage,
});

/** Reply of `/pooling` with a model that has one score. */
export const PoolingReply = z.object({
  data: z.array(z.object({
    index: z.int().min(0),
    data: z.union([z.number(), z.tuple([z.number()]).transform(([value]) => value)]),
  })),
  usage: z.object({ prompt_tokens: z.int().min(0) }),
});

/** Reply of `/models`. */
export const ModelsReply = z.object({ data: z.array(z.object({ id: z.string() })) });

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

/** A choice of either route. */
export interface RawChoice {
  readonly text: string;
  readonly finish_reason: "stop" | "length";
  readonly stop_reason?: string | number | null | undefined;
}

/**
 * A choice as the rest of the harness sees it. A server that says which stop string it cut gets it put back; one that ended
 * without any ended by its own end of sequence.
 */
export function toCompletion(
  choice: RawChoice,
  request: Pick<SampleRequest, "stop">,
  tokens: number,
): Completion {
  if (choice.finish_reason === "length") {
    return { text: choice.text, finishReason: "length", stopString: null, tokens };
  }
  const said = typeof choice.stop_reason === "string" && request.stop.includes(choice.stop_reason)
    ? choice.stop_reason
    : null;
  const stopString = said ?? request.stop.find((stop) => choice.text.endsWith(stop)) ?? null;
  if (stopString === null) {
    return { text: choice.text, finishReason: "end", stopString: null, tokens };
  }
  const text = choice.text.endsWith(stopString) ? choice.text : choice.text + stopString;
  return { text, finishReason: "stop_string", stopString, tokens };
}
