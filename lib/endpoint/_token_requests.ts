/** The part of a policy's requests and replies that is about single tokens. */
import { ProviderError } from "../core/mod.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import { generatedTokens } from "./_generated_tokens.ts";
import type { RawPosition } from "./_raw_logprobs.ts";
import type { Completion, SampleReply, SampleRequest } from "./policy.ts";
import type { PolicyFindings, TokenFindings } from "./probe.ts";
import { OTHER_TOKENS, textOfTokens, type Token, type TokenAbility } from "./token.ts";
import { Vocabulary } from "./_vocabulary.ts";

/** Positions of one choice as the server said them, with what became of its text. */
export interface ShownChoice {
  readonly positions: readonly RawPosition[] | null;
  readonly wasCut: boolean;
}

/**
 * Findings by which all endpoints of a policy can be asked for tokens; `null` where one of them cannot, or wants to be asked otherwise
 * than the others.
 */
export function commonTokenFindings(
  findings: readonly Pick<PolicyFindings, "tokens">[],
): TokenFindings | null {
  const all = findings.map(({ tokens }) => typeof tokens === "object" ? tokens : null);
  const [first = null] = all;
  if (first === null) return null;
  const form = ({ maxAlternatives: _, ...rest }: TokenFindings) => JSON.stringify(rest);
  const able = all.flatMap((one) => one === null ? [] : [one]);
  if (able.length < all.length || able.some((one) => form(one) !== form(first))) return null;
  return { ...first, maxAlternatives: Math.min(...able.map((one) => one.maxAlternatives)) };
}

/** Asks for tokens, and reads them. */
export class TokenRequests {
  readonly ability: TokenAbility;
  readonly #findings: TokenFindings;
  readonly #vocabulary: Vocabulary;
  readonly #pool: EndpointPool;

  constructor(findings: TokenFindings, pool: EndpointPool, model: string) {
    const { maxAlternatives, continuation } = findings;
    this.ability = { maxAlternatives, continuation };
    this.#findings = findings;
    this.#pool = pool;
    this.#vocabulary = new Vocabulary(
      (path, body, read) => pool.request(path, body, { read }),
      { model, field: findings.tokenizeField },
    );
  }

  /** Fields that ask for log-probabilities; none where none are wanted. */
  fields({ logprobs }: SampleRequest): Readonly<Record<string, unknown>> {
    if (logprobs === undefined) return {};
    const { field, maxAlternatives, tellsIds } = this.#findings;
    return {
      [field]: Math.min(logprobs, maxAlternatives),
      ...(tellsIds ? { return_tokens_as_token_ids: true } : {}),
    };
  }

  /**
   * The prompt with its forced tokens: ids, or text that encodes to them.
   *
   * @returns `null` where its text encodes to other tokens.
   */
  async promptOf(
    prompt: string,
    forced: readonly Token[],
  ): Promise<string | readonly number[] | null> {
    if (forced.length === 0) return prompt;
    const before = await this.#vocabulary.tokensOf(prompt);
    const ids = forced.flatMap(({ id }) => id === null ? [] : [id]);
    if (this.#findings.continuation === "ids" && ids.length === forced.length) {
      return [...before, ...ids];
    }
    const text = prompt + textOfTokens(forced);
    const together = await this.#vocabulary.tokensOf(text);
    const isExact = together.length === before.length + forced.length &&
      before.every((id, i) => together[i] === id) &&
      forced.every(({ id }, i) => id === null || together[before.length + i] === id);
    return isExact ? text : null;
  }

  /** Completions with their tokens. A choice without readable log-probabilities keeps none. */
  async withTokens(
    completions: readonly Completion[],
    shown: readonly ShownChoice[],
    { logprobs }: SampleRequest,
  ): Promise<readonly Completion[]> {
    if (logprobs === undefined) return completions;
    await this.#vocabulary.learn(shown.flatMap(({ positions }) => namedById(positions ?? [])));
    return completions.map((completion, i) => {
      const { positions = null, wasCut = false } = shown[i] ?? {};
      const generated = positions === null ? null : generatedTokens(positions, completion, {
        alternatives: logprobs,
        ends: this.#findings.ends,
        textOf: (id) => this.#vocabulary.textOf(id),
        wasCut,
      });
      if (generated !== null) return { ...completion, generated };
      this.#pool.noteQuirk(
        "no log-probabilities",
        "a reply came without the log-probabilities it was asked for",
      );
      return completion;
    });
  }
}

function namedById(positions: readonly RawPosition[]): readonly number[] {
  return positions.flatMap((position) =>
    [position, ...position.top].flatMap(({ id, text }) => id !== null && text === null ? [id] : [])
  );
}

/** Reply to a request whose forced text encodes to other tokens: nothing was asked, nothing is paid. */
export function otherTokens({ n }: SampleRequest): SampleReply {
  const completion: Completion = {
    text: "",
    finishReason: "aborted",
    stopString: null,
    tokens: 0,
    serverReason: OTHER_TOKENS,
    generated: [],
  };
  return {
    completions: Array.from({ length: n }, () => completion),
    promptTokens: 0,
    generatedTokens: 0,
    seconds: 0,
    price: null,
  };
}

/** Refusal of a request for tokens to a policy that was not found able to show them. */
export function noTokens(): ProviderError {
  return new ProviderError(
    'Cannot ask this policy for single tokens: its servers were not found to show them; use expansion "sample"',
    { status: null, isRetryable: false, kind: "no tokens" },
  );
}
