/**
 * Abilities of an endpoint, found out with a few tiny requests before a run (docs/endpoints.md, "Probing"). Nothing is assumed of a
 * server because of its name, with one exception: only the embedded engine is known to take seeds without harm.
 */

import type { Adaptations } from "./adapting_transport.ts";
import type { RetryOptions } from "./retry.ts";

/** Options of {@linkcode probePolicy} and {@linkcode probePpm}. */
export interface ProbeOptions {
  /** Model that is wanted; the only one that is served where it is absent. */
  readonly model?: string | undefined;
  /** Setting to name in messages, e.g. `--policy`; `undefined` for the embedded engine, of which there is nothing to set. */
  readonly flag?: string | undefined;
  /** Variable that holds its key. @default that of its role */
  readonly keyVariable?: string | undefined;
  /** How often a request of the probe is repeated that failed in a way that may pass. @default 5 calls within a minute */
  readonly retry?: Pick<RetryOptions, "attempts" | "initialDelayMs" | "maxTotalMs">;
  readonly signal?: AbortSignal | undefined;
}

/** Findings about one endpoint. Kept with the run. */
export interface EndpointFindings {
  readonly url: string;
  /** Model that will be asked for. */
  readonly model: string;
  readonly served: readonly string[];
  /** Context length in tokens; `null` where the server does not say. */
  readonly maxModelLength: number | null;
  /** Whether replies say how many tokens they cost. */
  readonly countsTokens: boolean;
  /** Whether `/metrics` says how many requests wait. */
  readonly offersLoad: boolean;
  /** Notices for the user, in plain words; empty when all is well. */
  readonly notices: readonly string[];
}

/**
 * Handling of stop strings by a server. `kept`: the text ends with it. `named`: it is cut off and named, and can be put back. `cut`:
 * it is cut off without a word. `ignored`: the text goes on. `unknown`: the model gave no occasion to see.
 */
export type StopHandling = "kept" | "named" | "cut" | "ignored" | "unknown";

/**
 * How a server goes on with a last assistant message. `continued`: as asked, or by itself. `prefix`: where the message is marked as a
 * prefix. `echoed`: it goes on, and its reply repeats the message first. `none`: it begins anew. `unknown`: the reply could not tell.
 */
export type Continuation = "continued" | "prefix" | "echoed" | "none" | "unknown";

/** Findings about single tokens: whether an endpoint shows them, and how it is asked to go on behind one. */
export interface TokenFindings {
  /** Most alternatives per token that it answers. */
  readonly maxAlternatives: number;
  /** Field that asks for them; llama.cpp's old name is `n_probs`. */
  readonly field: "logprobs" | "n_probs";
  /** Whether tokens are told by their ids. */
  readonly tellsIds: boolean;
  /** How it takes forced tokens: as ids, or as text behind the prompt. */
  readonly continuation: "ids" | "text";
  /** Field of `/tokenize` that takes a text. */
  readonly tokenizeField: "prompt" | "content";
  /** Tokens that end a sequence, by id and by text. */
  readonly ends: { readonly ids: readonly number[]; readonly texts: readonly string[] };
}

/** Findings about one policy endpoint. */
export interface PolicyFindings extends EndpointFindings {
  readonly honoursN: boolean;
  readonly stopStrings: StopHandling;
  /** Whether the format's special tokens are tokens of the model: `whole`, or `split` into several. */
  readonly formatTokens: "whole" | "split" | "unknown";
  /** Whether a seed per request is safe to send; `null` where it is not known, and none is sent. */
  readonly takesSeed: boolean | null;
  /** Of a chat endpoint: how it goes on with a last assistant message. */
  readonly continuation?: Continuation;
  /** Whether it was seen to count the tokens of one choice only, whatever n is (llama.cpp). */
  readonly countsOneChoice?: true;
  /** Parts of a request that it refused, and what was sent instead; absent where it took everything. */
  readonly adaptations?: Adaptations;
  /**
   * Log-probabilities of tokens and forced tokens; in place of findings the reason why there are none. Absent in what was stored before
   * they were probed.
   */
  readonly tokens?: TokenFindings | string;
}

/** Findings about one PPM endpoint. */
export interface PpmFindings extends EndpointFindings {
  /** Whether scores come back without a sigmoid, as asked: seen, or `null` where no score could tell. */
  readonly isRaw: true | null;
}
