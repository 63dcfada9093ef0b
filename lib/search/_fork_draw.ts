/** Drawing behind a fork: the request, and the segment that forced and generated tokens make together. */
import {
  type GeneratedToken,
  InfrastructureError,
  mostTokens,
  OTHER_TOKENS,
  textOfTokens,
  type Token,
} from "../core/mod.ts";
import type { Completion, SampleReply, SampleRequest } from "../endpoint/policy.ts";
import type { SearchContext } from "./_context.ts";
import { type Fork, forkTokens } from "./_fork.ts";
import { MIN_SEGMENT_TOKENS } from "./_new_child.ts";

/** Other tokens per generated token where the specification does not say (`alternatives`). */
const DEFAULT_ALTERNATIVES = 8;

/** A segment drawn through a fork. */
export interface ForkDraw {
  /** One completion, forced text included; its tokens are those that were generated. */
  readonly reply: SampleReply;
  readonly generated: readonly GeneratedToken[];
  /** Requests made; none where the forced tokens end the segment themselves. */
  readonly requests: 0 | 1;
}

/**
 * Draws behind a fork.
 *
 * @param seed Seed of the request.
 * @returns `null` where nothing can be drawn behind it: no room is left in the context or the segment, or its text encodes to other
 * tokens.
 * @throws {InfrastructureError} If the policy failed, or answered without the log-probabilities it was asked for.
 */
export async function drawBehind(
  fork: Fork,
  context: SearchContext,
  seed: number,
): Promise<ForkDraw | null> {
  const { question, spec, domain, policy, signal } = context;
  const { node } = fork;
  const forced = forkTokens(fork);
  const prompt = domain.prompt(question.question, node.solution);
  const used = (node.parent === null ? mostTokens(prompt) : node.contextTokens) + forced.length;
  const stop = domain.stopStrings(spec.segment);
  const whole = endedBy(forced, stop);
  if (whole !== null) return { reply: unasked(whole, used), generated: [], requests: 0 };
  const room = Math.min(spec.maxTokens - forced.length, spec.modelLength - used);
  if (forced.length > 0 && room < Math.min(MIN_SEGMENT_TOKENS, spec.maxTokens)) return null;
  const request: SampleRequest = {
    prompt,
    n: 1,
    stop,
    temperature: spec.temperature,
    topP: spec.topP,
    maxTokens: Math.max(MIN_SEGMENT_TOKENS, room),
    seed,
    logprobs: Math.min(
      spec.alternatives ?? DEFAULT_ALTERNATIVES,
      policy.tokens?.maxAlternatives ?? 0,
    ),
    ...(forced.length === 0 ? {} : { continuation: forced }),
  };
  const reply = await policy.sample(request, { signal, acceptsShorter: true });
  const [completion, more] = reply.completions;
  if (completion === undefined || more !== undefined) {
    throw new RangeError(
      `Cannot use a policy reply: expected 1 completion, got ${reply.completions.length}`,
    );
  }
  if (completion.serverReason === OTHER_TOKENS) return null;
  if (completion.generated === undefined) {
    throw new InfrastructureError(
      "endpoint",
      'Cannot go on behind a fork: expected log-probabilities, got a reply without; use expansion "sample"',
    );
  }
  const joined = joinForced(textOfTokens(forced), completion, stop);
  return {
    reply: { ...reply, completions: [joined.completion] },
    generated: joined.generated,
    requests: 1,
  };
}

/** Segment that forced tokens make by themselves, by a stop string or by the end of the sequence; `null` when more must be drawn. */
function endedBy(forced: readonly Token[], stops: readonly string[]): Completion | null {
  const last = forced.at(-1);
  if (last === undefined) return null;
  const text = textOfTokens(forced);
  const first = firstStop(text, stops);
  if (first !== null) {
    return {
      text: text.slice(0, first.end),
      finishReason: "stop_string",
      stopString: first.stop,
      tokens: 0,
    };
  }
  if (last.isEnd !== true) return null;
  return {
    text: textOfTokens(forced.slice(0, -1)),
    finishReason: "end",
    stopString: null,
    tokens: 0,
  };
}

/** A reply that nobody was asked for. */
function unasked(completion: Completion, contextTokens: number): SampleReply {
  return {
    completions: [completion],
    promptTokens: 0,
    generatedTokens: 0,
    seconds: 0,
    price: null,
    contextTokens,
  };
}

/**
 * Forced and generated text as one segment. A stop string of several tokens may begin in the forced ones, where the server does not see
 * it: the segment ends there, and what was generated behind it is left out.
 */
export function joinForced(
  forced: string,
  completion: Completion,
  stops: readonly string[],
): { readonly completion: Completion; readonly generated: readonly GeneratedToken[] } {
  const { generated = [] } = completion;
  const text = forced + completion.text;
  const first = firstStop(text, stops);
  if (first === null || first.end === text.length) {
    const ending = first === null
      ? {}
      : { finishReason: "stop_string" as const, stopString: first.stop };
    return { completion: { ...completion, text, ...ending }, generated };
  }
  return {
    completion: {
      text: text.slice(0, first.end),
      finishReason: "stop_string",
      stopString: first.stop,
      tokens: completion.tokens,
    },
    generated: tokensUpTo(generated, first.end - forced.length),
  };
}

/** Tokens whose text reaches so many characters, the one that reaches them included. */
function tokensUpTo(
  generated: readonly GeneratedToken[],
  characters: number,
): readonly GeneratedToken[] {
  let count = 0;
  while (count < generated.length && textOfTokens(generated.slice(0, count)).length < characters) {
    count++;
  }
  return generated.slice(0, count);
}

/** The stop string whose end comes first. */
function firstStop(
  text: string,
  stops: readonly string[],
): { readonly stop: string; readonly end: number } | null {
  let best: { readonly stop: string; readonly end: number } | null = null;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at >= 0 && (best === null || at + stop.length < best.end)) {
      best = { stop, end: at + stop.length };
    }
  }
  return best;
}
