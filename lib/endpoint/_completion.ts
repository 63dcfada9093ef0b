import type { Completion, SampleRequest } from "./policy.ts";

/** A choice of either route. */
export interface RawChoice {
  readonly text: string;
  readonly finish_reason: "stop" | "length";
  /** vLLM: the stop string, or the id of a stop token, or null. */
  readonly stop_reason?: string | number | null | undefined;
}

/** A choice as the rest of the harness sees it. */
export interface ReadChoice {
  readonly completion: Completion;
  /** Whether the server went on after a stop string and the text was cut. */
  readonly wasCut: boolean;
}

/**
 * A choice as the rest of the harness sees it, whatever the server does with stop strings: one that it says it cut is put back; a
 * text that goes on after one ends there; a text that ended without any ended by the model's own end of sequence.
 *
 * @param tokens Tokens of the whole text; a text that is cut gets its share.
 */
export function readChoice(
  choice: RawChoice,
  request: Pick<SampleRequest, "stop">,
  tokens: number,
): ReadChoice {
  const { text, stop_reason: reason } = choice;
  const first = firstStop(text, request.stop);
  if (first !== null) {
    const kept = text.slice(0, first.at + first.stop.length);
    const wasCut = kept.length < text.length;
    const share = wasCut ? Math.ceil(tokens * kept.length / text.length) : tokens;
    return { completion: stopped(kept, first.stop, share), wasCut };
  }
  if (choice.finish_reason === "length") {
    const completion: Completion = { text, finishReason: "length", stopString: null, tokens };
    return { completion, wasCut: false };
  }
  if (typeof reason === "string" && request.stop.includes(reason)) {
    return { completion: stopped(text + reason, reason, tokens), wasCut: false };
  }
  return { completion: { text, finishReason: "end", stopString: null, tokens }, wasCut: false };
}

function stopped(text: string, stopString: string, tokens: number): Completion {
  return { text, finishReason: "stop_string", stopString, tokens };
}

/** The stop string whose end comes first: that is where a server that looks at every token stops. */
function firstStop(
  text: string,
  stops: readonly string[],
): { readonly stop: string; readonly at: number } | null {
  return stops
    .map((stop) => ({ stop, at: stop === "" ? -1 : text.indexOf(stop) }))
    .filter(({ at }) => at >= 0)
    .reduce<{ readonly stop: string; readonly at: number } | null>(
      (best, one) => best === null || endOf(one) < endOf(best) ? one : best,
      null,
    );
}

function endOf({ stop, at }: { readonly stop: string; readonly at: number }): number {
  return at + stop.length;
}

/** Servers count tokens per reply, not per choice: a choice gets its share by length, and the shares add up. */
export function shareTokens(texts: readonly string[], tokens: number): number[] {
  return apportion(texts.map((text) => text.length + 1), tokens);
}

/** Whole parts of a whole, in proportion to the weights; they add up. */
export function apportion(weights: readonly number[], whole: number): number[] {
  const total = weights.reduce((a, b) => a + b, 0);
  let before = 0;
  return weights.map((weight) => {
    const from = Math.round((before / total) * whole);
    before += weight;
    return Math.round((before / total) * whole) - from;
  });
}

/** Characters per token of mathematical text with code, whose digits are tokens of their own: rather too few than too many. */
const CHARACTERS_PER_TOKEN = 3;

/** Tokens of a text whose server does not count them. */
export function estimatedTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}
