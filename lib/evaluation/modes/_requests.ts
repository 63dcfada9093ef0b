import { hashSeed, mostTokens } from "../../core/mod.ts";
import type { ChatMessage, Completion } from "../../endpoint/policy.ts";
import type { PolicySampling } from "./_settings.ts";
import type { SolveContext } from "./mode.ts";

/** Fewest tokens that are worth a request. */
const MIN_TOKENS = 16;

/** Settings that the requests of one sample share. */
export interface SampleRequests {
  readonly context: SolveContext;
  readonly sampling: PolicySampling;
  readonly questionId: string;
  /** Index of the sample. */
  readonly sample: number;
}

/** Draws one completion after the other for one sample, and keeps the account. */
export class SampleDrawer {
  readonly #options: SampleRequests;
  #requests = 0;
  #promptTokens = 0;
  #generatedTokens = 0;
  /** Tokens of the context as the last reply left it; `null` before the first. */
  #contextTokens: number | null = null;

  constructor(options: SampleRequests) {
    this.#options = options;
  }

  /** Tokens so far. */
  get usage(): { readonly promptTokens: number; readonly generatedTokens: number } {
    return { promptTokens: this.#promptTokens, generatedTokens: this.#generatedTokens };
  }

  /**
   * Draws the next completion; `null` when the solution's tokens or the context are used up.
   *
   * @param added Text that was put behind the last completion.
   */
  async draw(
    prompt: string | readonly ChatMessage[],
    options: { readonly stop: readonly string[]; readonly added?: string },
  ): Promise<Completion | null> {
    const { context, sampling, questionId, sample } = this.#options;
    const used = this.#contextTokens === null
      ? mostTokens(prompt)
      : this.#contextTokens + mostTokens(options.added ?? "");
    const maxTokens = Math.min(
      sampling.maxTokens - this.#generatedTokens,
      sampling.modelLength - used,
    );
    if (maxTokens < MIN_TOKENS) return null;
    const reply = await context.policy.sample({
      prompt,
      n: 1,
      stop: options.stop,
      temperature: sampling.temperature,
      topP: sampling.topP,
      maxTokens,
      seed: hashSeed("evaluation", context.seed, questionId, sample, this.#requests),
    }, { signal: context.signal, session: questionId });
    this.#requests++;
    this.#promptTokens += reply.promptTokens;
    this.#generatedTokens += reply.generatedTokens;
    this.#contextTokens = reply.promptTokens + reply.generatedTokens;
    const [completion] = reply.completions;
    if (completion === undefined) {
      throw new RangeError("Cannot use a policy reply: expected one completion, got none");
    }
    return completion;
  }
}
