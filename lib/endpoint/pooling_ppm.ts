import { ProviderError } from "../core/mod.ts";
import { estimatedTokens } from "./_completion.ts";
import type { Ppm, PpmCalibration } from "./ppm.ts";
import { tokenPrice } from "./price.ts";
import { PoolingReply, readReply } from "./_replies.ts";
import type { ServedModelOptions } from "./served_model.ts";

/** Options of {@linkcode poolingPpm}. */
export interface PoolingPpmOptions extends ServedModelOptions {
  readonly calibration: PpmCalibration;
}

/** A PPM behind vLLM's `/pooling`. All texts of a call are one request. */
export function poolingPpm(options: PoolingPpmOptions): Ppm {
  const now = options.now ?? (() => performance.now());
  const { pool } = options;
  return {
    description: { api: "pooling", model: options.model, ...options.findings },
    calibration: options.calibration,
    score: async (texts, call = {}) => {
      const startedMs = now();
      if (texts.length === 0) return { logits: [], promptTokens: 0, seconds: 0, price: null };
      // Without `use_activation: false` the value comes back through a sigmoid (endpoints.md).
      const body = { model: options.model, input: texts, use_activation: false };
      const { logits, countedTokens } = await pool.request("../pooling", body, {
        ...call,
        read: (reply, url) => {
          const scores = readScores(reply, url, texts.length);
          if (scores.countedTokens === null) {
            pool.noteQuirk("no usage", `${url} counts no tokens: they are estimated from the text`);
          }
          return scores;
        },
        work: (scores) => {
          const tokens = scores.countedTokens ?? estimatedTokens(texts.join(""));
          return { tokens, sequenceTokens: tokens };
        },
      });
      const promptTokens = countedTokens ?? estimatedTokens(texts.join(""));
      return {
        logits,
        promptTokens,
        seconds: (now() - startedMs) / 1000,
        price: tokenPrice(options.price ?? null, promptTokens, 0),
        ...(countedTokens === null ? { tokensAreEstimated: true } : {}),
      };
    },
  };
}

/**
 * Scores in the order of the texts; tokens as the server counted them, `null` where it did not.
 *
 * @throws {ProviderError} If a text has no score, or more than one.
 */
export function readScores(
  reply: unknown,
  url: string,
  count: number,
): { readonly logits: readonly number[]; readonly countedTokens: number | null } {
  const { data, usage } = readReply(PoolingReply, reply, url);
  const byIndex = new Map(data.map((row) => [row.index, row.data]));
  const logits = Array.from({ length: count }, (_, i) => byIndex.get(i));
  if (data.length !== count || !logits.every((logit) => logit !== undefined)) {
    throw new ProviderError(
      `Cannot use the reply of ${url}: expected one score for each of ${count} texts, got ${data.length}`,
      { status: 200, isRetryable: true },
    );
  }
  return { logits, countedTokens: usage?.prompt_tokens ?? null };
}
