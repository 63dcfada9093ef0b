import { type PpmCalibration, ProviderError, usualTokens } from "../core/mod.ts";
import { isTimeout } from "./_deadline.ts";
import type { CallOptions } from "./policy.ts";
import type { Ppm } from "./ppm.ts";
import { tokenPrice } from "./price.ts";
import { PoolingReply, readReply } from "./_replies.ts";
import type { ServedModelOptions } from "./served_model.ts";

/** Options of {@linkcode poolingPpm}. */
export interface PoolingPpmOptions extends ServedModelOptions {
  readonly calibration: PpmCalibration;
}

/** Result of a request for scores. */
interface Scores {
  readonly logits: readonly number[];
  /** Tokens as the server counted them; `null` where it did not. */
  readonly countedTokens: number | null;
}

/** A PPM behind vLLM's `/pooling`. All texts of a call are one request, unless they take too long together. */
export function poolingPpm(options: PoolingPpmOptions): Ppm {
  const now = options.now ?? (() => performance.now());
  const { pool } = options;
  const ask = (texts: readonly string[], call: CallOptions): Promise<Scores> => {
    // Without `use_activation: false` the value comes back through a sigmoid (docs/endpoints.md, "What is sent").
    const body = { model: options.model, input: texts, use_activation: false };
    return pool.request("../pooling", body, {
      ...call,
      ...(texts.length === 1 ? {} : { again: () => null }),
      read: (reply, url) => {
        const scores = readScores(reply, url, texts.length);
        if (scores.countedTokens === null) {
          pool.noteQuirk("no usage", `${url} counts no tokens: they are estimated from the text`);
        }
        return scores;
      },
      work: (scores) => {
        const tokens = scores.countedTokens ?? usualTokens(texts.join(""));
        return { tokens, sequenceTokens: tokens };
      },
    });
  };
  /** Texts that take too long together are asked for in halves: a score does not depend on its neighbours. */
  const askAll = async (texts: readonly string[], call: CallOptions): Promise<Scores> => {
    try {
      return await ask(texts, call);
    } catch (error) {
      if (!isTimeout(error) || texts.length === 1) throw error;
      const half = Math.ceil(texts.length / 2);
      const first = await askAll(texts.slice(0, half), call);
      return together(first, await askAll(texts.slice(half), call));
    }
  };
  return {
    description: { api: "pooling", model: options.model, ...options.findings },
    calibration: options.calibration,
    score: async (texts, call = {}) => {
      const startedMs = now();
      if (texts.length === 0) return { logits: [], promptTokens: 0, seconds: 0, price: null };
      const { logits, countedTokens } = await askAll(texts, call);
      const promptTokens = countedTokens ?? usualTokens(texts.join(""));
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

function together(first: Scores, second: Scores): Scores {
  const [a, b] = [first.countedTokens, second.countedTokens];
  return {
    logits: [...first.logits, ...second.logits],
    countedTokens: a === null || b === null ? null : a + b,
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
): Scores {
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
