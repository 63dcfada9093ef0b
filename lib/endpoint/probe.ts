/**
 * What an endpoint can do, found out with a few tiny requests before a run (endpoints.md, "Other servers"). Nothing is assumed of a
 * server because of its name, but one thing: only the embedded engine is known to take seeds without harm.
 */

import type { RetryOptions } from "./retry.ts";

/** Options of {@linkcode probePolicy} and {@linkcode probePpm}. */
export interface ProbeOptions {
  /** Model that is wanted; the only one that is served where it is absent. */
  readonly model?: string | undefined;
  /** Flag to name in messages, e.g. `--policy`. */
  readonly flag: string;
  /** How often a request of the probe is repeated that failed in a way that may pass. @default 5 calls within a minute */
  readonly retry?: Pick<RetryOptions, "attempts" | "initialDelayMs" | "maxTotalMs">;
  readonly signal?: AbortSignal | undefined;
}

/** What one endpoint was found to be. Kept with the run. */
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
  /** What a user should know, in plain words; empty when all is well. */
  readonly notices: readonly string[];
}

/**
 * What a server does with stop strings. `kept`: the text ends with it. `named`: it is cut off and named, and can be put back. `cut`:
 * it is cut off without a word. `ignored`: the text goes on. `unknown`: the model gave no occasion to see.
 */
export type StopHandling = "kept" | "named" | "cut" | "ignored" | "unknown";

/** What one policy endpoint was found to be. */
export interface PolicyFindings extends EndpointFindings {
  readonly honoursN: boolean;
  readonly stopStrings: StopHandling;
  /** Whether the format's special tokens are tokens of the model: `whole`, or `split` into several. */
  readonly formatTokens: "whole" | "split" | "unknown";
  /** Whether a seed per request is safe to send; `null` where it is not known, and none is sent. */
  readonly takesSeed: boolean | null;
}

/** What one PPM endpoint was found to be. */
export interface PpmFindings extends EndpointFindings {
  /** Whether scores come back without a sigmoid, as asked: seen, or `null` where no score could tell. */
  readonly isRaw: true | null;
}
