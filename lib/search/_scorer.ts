import { sha256, type TreeUsage } from "../core/mod.ts";
import type { Ppm } from "../endpoint/ppm.ts";
import type { SearchCache } from "./search_cache.ts";
import { NO_USAGE } from "./_usage.ts";

/** Logits of texts, in order, and what they cost. */
export interface Scores {
  readonly logits: readonly number[];
  readonly usage: TreeUsage;
}

/**
 * The PPM as one tree uses it. Equal texts of a batch are scored once, texts that other trees have scored are looked up. What
 * this tree scores is published when it ends, so that its cost does not depend on the timing of its own rollouts.
 */
export class Scorer {
  readonly #ppm: Ppm;
  readonly #cache: SearchCache | null;
  readonly #signal: AbortSignal;
  readonly #scored = new Map<string, number>();

  constructor(
    ppm: Ppm,
    options: { readonly cache: SearchCache | null; readonly signal: AbortSignal },
  ) {
    this.#ppm = ppm;
    this.#cache = options.cache;
    this.#signal = options.signal;
  }

  /** Scores texts with at most one request. */
  async score(texts: readonly string[]): Promise<Scores> {
    const logits = new Map<string, number>();
    const missing = new Set<string>();
    for (const text of texts) {
      const known = this.#cache?.scores.get(sha256(text));
      if (known === undefined) missing.add(text);
      else logits.set(text, known);
    }
    const usage = await this.#request([...missing], logits);
    return { logits: texts.map((text) => scoreOf(logits, text)), usage };
  }

  /** Makes what was scored known to other trees. */
  publish(): void {
    for (const [key, logit] of this.#scored) this.#cache?.scores.set(key, logit);
  }

  async #request(texts: readonly string[], logits: Map<string, number>): Promise<TreeUsage> {
    if (texts.length === 0) return NO_USAGE;
    const reply = await this.#ppm.score(texts, { signal: this.#signal });
    for (const [i, text] of texts.entries()) {
      const logit = reply.logits[i];
      if (logit === undefined || !Number.isFinite(logit)) {
        throw new RangeError(
          `Cannot use a PPM reply: expected ${texts.length} finite logits, got ${logit} at ${i}`,
        );
      }
      logits.set(text, logit);
      if (this.#cache !== null) this.#scored.set(sha256(text), logit);
    }
    return {
      ...NO_USAGE,
      ppmRequests: 1,
      ppmTokens: reply.promptTokens,
      ppmSeconds: reply.seconds,
      price: reply.price,
    };
  }
}

function scoreOf(logits: ReadonlyMap<string, number>, text: string): number {
  const logit = logits.get(text);
  if (logit === undefined) throw new RangeError("Cannot score a text: it was not in the batch");
  return logit;
}
