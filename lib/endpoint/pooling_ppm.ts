import { ProviderError } from "../core/mod.ts";
import type { Ppm, PpmCalibration } from "./ppm.ts";
import { tokenPrice } from "./price.ts";
import type { ServedModelOptions } from "./served_model.ts";
import { PoolingReply, readReply } from "./_replies.ts";

/** Options of {@linkcode poolingPpm}. */
export interface PoolingPpmOptions extends ServedModelOptions {
  readonly calibration: PpmCalibration;
}

/** A PPM behind vLLM's `/pooling`. All texts of a call are one request. */
export function poolingPpm(options: PoolingPpmOptions): Ppm {
  const now = options.now ?? (() => performance.now());
  return {
    description: { api: "pooling", model: options.model, ...options.findings },
    calibration: options.calibration,
    score: async (texts, call = {}) => {
      const startedMs = now();
      if (texts.length === 0) return { logits: [], promptTokens: 0, seconds: 0, price: null };
      // Without `use_activation: false` the value comes back through a sigmoid (endpoints.md).
      const body = { model: options.model, input: texts, use_activation: false };
      const { logits, promptTokens } = await options.pool.request("../pooling", body, {
        ...call,
        read: (reply, url) => readScores(reply, url, texts.length),
      });
      return {
        logits,
        promptTokens,
        seconds: (now() - startedMs) / 1000,
        price: tokenPrice(options.price ?? null, promptTokens, 0),
      };
    },
  };
}

/**
 * Scores in the order of the texts.
 *
 * @throws {ProviderError} If a text has no score, or more than one.
 */
export function readScores(
  reply: unknown,
  url: string,
  count: number,
): { readonly logits: readonly number[]; readonly promptTokens: number } {
  const { data, usage } = readReply(PoolingReply, reply, url);
  const byIndex = new Map(data.map((row) => [row.index, row.data]));
  const logits = Array.from({ length: count }, (_, i) => byIndex.get(i));
  if (data.length !== count || !logits.every((logit) => logit !== undefined)) {
    throw new ProviderError(
      `Cannot use the reply of ${url}: expected one score for each of ${count} texts, got ${data.length}`,
      { status: 200, isRetryable: true },
    );
  }
  return { logits, promptTokens: usage.prompt_tokens };
}
