import { seededRandom } from "../core/mod.ts";
import type { Completion, FinishReason, Policy, SampleReply, SampleRequest } from "./policy.ts";
import { type GeneratedToken, textOfTokens, type TokenChoice } from "./token.ts";

/** A token that a scripted policy may write, with its probability; the text `""` ends the sequence. */
export type ScriptedToken = readonly [text: string, probability: number];

/** A scripted policy of known probabilities, whose requests can be looked at afterwards. */
export interface ScriptedTokenPolicy extends Policy {
  readonly requests: readonly SampleRequest[];
}

/** Options of {@linkcode scriptedTokenPolicy}. */
export interface ScriptedTokenOptions {
  /** Most alternatives per token that it shows. @default 100 */
  readonly maxAlternatives?: number;
}

/**
 * A policy of known probabilities: a double for tests of search by forks. It draws token by token at temperature 1, whatever was asked,
 * until a stop string, the end of the sequence, or the limit.
 *
 * @param next Tokens that may follow a text (prompt, continuation and what was generated), with probabilities that add up to 1 at most.
 */
export function scriptedTokenPolicy(
  next: (text: string, request: SampleRequest) => readonly ScriptedToken[],
  { maxAlternatives = 100 }: ScriptedTokenOptions = {},
): ScriptedTokenPolicy {
  const requests: SampleRequest[] = [];
  const ids = new Map<string, number>();
  const tokenOf = ([text, probability]: ScriptedToken): TokenChoice => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return {
      id,
      text,
      bytes: [...new TextEncoder().encode(text)],
      logprob: Math.log(probability),
      ...(text === "" ? { isEnd: true } : {}),
    };
  };
  const draw = (request: SampleRequest, seed: number): Completion => {
    const random = seededRandom(seed);
    const before = String(request.prompt) + textOfTokens(request.continuation ?? []);
    const generated: GeneratedToken[] = [];
    const end = (finishReason: FinishReason, stopString: string | null = null): Completion => ({
      text: textOfTokens(generated),
      finishReason,
      stopString,
      tokens: generated.length,
      ...(request.logprobs === undefined ? {} : { generated }),
    });
    while (generated.length < request.maxTokens) {
      const choices = next(before + textOfTokens(generated), request).map(tokenOf);
      const token = drawn(choices, random());
      const alternatives = choices.filter(({ id }) => id !== token.id)
        .toSorted((a, b) => b.logprob - a.logprob).slice(0, request.logprobs ?? 0);
      generated.push({ ...token, alternatives });
      if (token.isEnd === true) return end("end");
      const text = textOfTokens(generated);
      const stop = request.stop.find((one) => text.endsWith(one));
      if (stop !== undefined) return end("stop_string", stop);
    }
    return end("length");
  };
  return {
    description: { api: "scripted", model: "scripted tokens" },
    tokens: { maxAlternatives, continuation: "ids" },
    requests,
    sample: (request): Promise<SampleReply> => {
      requests.push(request);
      const completions = Array.from(
        { length: request.n },
        (_, i) => draw(request, request.seed + i),
      );
      return Promise.resolve({
        completions,
        promptTokens: Math.ceil(String(request.prompt).length / 4) +
          (request.continuation?.length ?? 0),
        generatedTokens: completions.reduce((sum, { tokens }) => sum + tokens, 0),
        seconds: 0,
        price: null,
      });
    },
  };
}

function drawn(choices: readonly TokenChoice[], random: number): TokenChoice {
  let left = random;
  for (const choice of choices) {
    left -= Math.exp(choice.logprob);
    if (left < 0) return choice;
  }
  const last = choices.at(-1);
  if (last === undefined) {
    throw new RangeError("Cannot draw a scripted token: expected at least one that may follow");
  }
  return last;
}
