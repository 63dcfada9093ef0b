import type { Policy, Ppm } from "../../endpoint/mod.ts";

/** Amounts that have been spent. */
export interface Spent {
  readonly generatedTokens: number;
  /** By the configured prices; 0 where none is configured. */
  readonly price: number;
  /** Segments that ended at fewer tokens than asked for, because no reply came in time. */
  readonly cutShort: number;
}

/** Counts what models cost as their replies come, trees that are still open included. */
export class Meter {
  #generatedTokens = 0;
  #price = 0;
  #cutShort = 0;

  /** Amounts that have been spent so far. */
  get spent(): Spent {
    return { generatedTokens: this.#generatedTokens, price: this.#price, cutShort: this.#cutShort };
  }

  /** The same policy, counted. */
  policy(policy: Policy): Policy {
    return {
      ...policy,
      sample: async (request, options) => {
        const reply = await policy.sample(request, options);
        this.#generatedTokens += reply.generatedTokens;
        this.#price += reply.price ?? 0;
        this.#cutShort += reply.cutShort ?? 0;
        return reply;
      },
    };
  }

  /** The same PPM, counted. */
  ppm(ppm: Ppm): Ppm {
    return {
      ...ppm,
      score: async (texts, options) => {
        const reply = await ppm.score(texts, options);
        this.#price += reply.price ?? 0;
        return reply;
      },
    };
  }
}
