/**
 * The contract of the policy: a language model that proposes next segments.
 * Implementations: `http_policy.ts`, `scripted_policy.ts` (for tests), and the recorder around
 * any of them.
 */

import type { GeneratedToken, Token, TokenAbility } from "./token.ts";

/** Message of a chat prompt (bootstrap models). */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** One expansion: n segments that continue the same prompt. */
export interface SampleRequest {
  /**
   * Text so far. For a chat endpoint the messages, the last of which may be an `assistant` message that the model continues.
   */
  readonly prompt: string | readonly ChatMessage[];
  readonly n: number;
  readonly stop: readonly string[];
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /**
   * hash(tree seed, node path, draw batch). Part of the key of a recorded reply; sent to the server only where it is known to
   * support seeds (docs/endpoints.md, "What is sent").
   */
  readonly seed: number;
  /**
   * Asks for the log-probability of every generated token and of so many of the most probable other ones: at least 1, at most
   * `TokenAbility.maxAlternatives`. Only where `Policy.tokens` is there. @default none
   */
  readonly logprobs?: number;
  /**
   * Tokens that stand behind the prompt as if the model had generated them; what is drawn goes on behind the last. They are no part
   * of `Completion.text`, of `Completion.generated` or of `maxTokens`. Only where `Policy.tokens` is there. @default none
   */
  readonly continuation?: readonly Token[];
}

/**
 * Why a completion ended. `stop_string` names one of the request's stops; `end` is the model's own end of sequence; `aborted` is the
 * server's doing (a content filter, a tool call, an abort).
 */
export const FINISH_REASONS = ["stop_string", "end", "length", "aborted"] as const;

/** Why a completion ended. */
export type FinishReason = typeof FINISH_REASONS[number];

/** One sampled segment. */
export interface Completion {
  /** Text with its stop string, which is put back where a server cut it. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** The stop string that ended the text; `null` otherwise. */
  readonly stopString: string | null;
  /** Generated tokens, as the server counts them; estimated from `usage` when it does not say per choice. */
  readonly tokens: number;
  /** Reason for an end other than a stop string, the length or the model's own end: the server's word, or `only reasoning`. */
  readonly serverReason?: string;
  /**
   * The generated tokens in order, where `SampleRequest.logprobs` was given: those of `text`, its stop string included where the
   * server shows its tokens, and the token that ended the sequence. Where a text is cut at a stop string, those behind it are left out;
   * a token that reaches beyond the cut stays.
   */
  readonly generated?: readonly GeneratedToken[];
}

/** Exactly n completions, in the server's order. */
export interface SampleReply {
  readonly completions: readonly Completion[];
  readonly promptTokens: number;
  readonly generatedTokens: number;
  /** Seconds from the call to the reply, waiting for a slot and retries included. */
  readonly seconds: number;
  /** Price by the configured rates; `null` where none is configured. */
  readonly price: number | null;
  /** Tokens of the prompt, where several requests had to read it. @default promptTokens */
  readonly contextTokens?: number;
  /** Completions that end at fewer tokens than asked for (`SampleOptions.acceptsShorter`). @default 0 */
  readonly cutShort?: number;
  /** Whether the server counted no tokens, and all numbers of them are estimates from the length of the text. @default false */
  readonly tokensAreEstimated?: boolean;
}

/** Options of every call to an endpoint. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Work that a request belongs to, such as a tree: its requests go to one server while that is not overloaded, whose cache then holds
   * the beginning of their prompts. @default none: the least loaded server
   */
  readonly session?: string | undefined;
}

/** Options of a draw. */
export interface SampleOptions extends CallOptions {
  /**
   * Whether a text may end at fewer tokens than asked for where no reply came in time otherwise. It then ends by `length`, and
   * `SampleReply.cutShort` counts it. Without it such a reply is a failure: no verdict on a model may follow from a slow machine.
   *
   * @default false
   */
  readonly acceptsShorter?: boolean | undefined;
}

/** A language model that proposes next segments. */
export interface Policy {
  /** Description of the model for the run's provenance: id as served, endpoints, what they can do. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Ability to work with single tokens; `null` or absent where servers give no log-probabilities or take no continuation. */
  readonly tokens?: TokenAbility | null;
  /**
   * Draws n segments.
   *
   * @throws {ProviderError} If no endpoint gave a valid reply within the retries. Never a wrong answer.
   */
  sample(request: SampleRequest, options?: SampleOptions): Promise<SampleReply>;
}
