/**
 * The contract of the process preference model: a language model with a scalar head that scores partial solutions.
 * Implementations: `pooling_ppm.ts` (HTTP), `scripted_ppm.ts` (for tests), and the recorder around either.
 */
import type { PpmCalibration } from "../core/mod.ts";
import type { CallOptions } from "./policy.ts";

/** Raw logits of a batch of texts, in order. */
export interface ScoreReply {
  readonly logits: readonly number[];
  readonly promptTokens: number;
  readonly seconds: number;
  readonly price: number | null;
  /** Whether the server counted no tokens, and their number is an estimate from the length of the texts. @default false */
  readonly tokensAreEstimated?: boolean;
}

/** A model that scores partial solutions. */
export interface Ppm {
  readonly description: Readonly<Record<string, unknown>>;
  readonly calibration: PpmCalibration;
  /**
   * Scores texts: each one is the policy's prompt followed by the steps so far, outputs included.
   *
   * @throws {ProviderError} If no endpoint gave a valid reply within the retries.
   */
  score(texts: readonly string[], options?: CallOptions): Promise<ScoreReply>;
}
