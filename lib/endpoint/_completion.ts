import type { Completion, SampleRequest } from "./policy.ts";
import type { StopHandling } from "./probe.ts";
import type { RawChoice } from "./_raw_choice.ts";
import { endsInPiece, inferredStop } from "./_inferred_stop.ts";
import { splitReasoning } from "./_reasoning.ts";

/** A choice as the rest of the harness sees it. */
export interface ReadChoice {
  readonly completion: Completion;
  /** Whether the server went on after a stop string and the text was cut. */
  readonly wasCut: boolean;
  /** Characters of reasoning that were set aside. */
  readonly reasoning: number;
}

/** Why texts end, in the words of servers. Any other word is kept with the completion. */
const LENGTH = /^(max_?)?(new_?|output_?|model_?)?(length|tokens)$/i;
const ORDINARY =
  /^(|stop|stop_?(sequence|string)|eos|eos_token|end_?(turn|of_?sequence)?|complete[d]?)$/i;
const ABORTED =
  /filter|abort|cancel|error|refus|safety|block|prohibited|recitation|insufficient|tool|function|unreadable/i;

/** Whether the server ended a text that its model would have gone on with. */
export function isAborted({ finish_reason: finish }: Pick<RawChoice, "finish_reason">): boolean {
  return finish !== null && ABORTED.test(finish);
}

/**
 * A choice as the rest of the harness sees it, whatever the server does with stop strings: one that it says it cut is put back; a
 * text that goes on after one ends there; a text that ended without any ended by the model's own end of sequence.
 *
 * @param tokens Tokens of the whole text, reasoning included; a text that is cut gets its share.
 * @param handling What the server was seen to do with stop strings.
 */
export function readChoice(
  choice: RawChoice,
  request: Pick<SampleRequest, "stop">,
  tokens: number,
  handling?: StopHandling,
): ReadChoice {
  const { stop_reason: reason, finish_reason: finish } = choice;
  const split = splitReasoning(choice.text);
  const { text } = split;
  const reasoning = (choice.reasoning ?? "").length + split.reasoning.length;
  const first = firstStop(text, request.stop);
  if (first !== null) {
    const kept = text.slice(0, first.at + first.stop.length);
    const wasCut = kept.length < text.length;
    const share = (reasoning + kept.length) / (reasoning + text.length);
    const completion = stopped(kept, first.stop, Math.ceil(tokens * share));
    return { completion, wasCut, reasoning };
  }
  if (typeof reason === "string" && request.stop.includes(reason) && !isLength(finish)) {
    const whole = withoutPieceOf(reason, text) + reason;
    return { completion: stopped(whole, reason, tokens), wasCut: false, reasoning };
  }
  // One that has a field for the stop string and leaves it empty says that there was none.
  const mayBeCut = handling === "cut" || (handling === "unknown" && reason === undefined);
  if (finish === "stop" && (mayBeCut || endsInPiece(text, request.stop))) {
    const inferred = inferredStop(text, request.stop);
    if (inferred !== null) {
      const whole = inferred.text + inferred.stop;
      return { completion: stopped(whole, inferred.stop, tokens), wasCut: false, reasoning };
    }
  }
  return { completion: unstopped(text, { finish, reasoning, tokens }), wasCut: false, reasoning };
}

/** A text that no stop string ended. */
function unstopped(
  text: string,
  { finish, reasoning, tokens }: {
    readonly finish: string | null;
    readonly reasoning: number;
    readonly tokens: number;
  },
): Completion {
  const finishReason = isLength(finish)
    ? "length"
    : isAborted({ finish_reason: finish })
    ? "aborted"
    : "end";
  const isOdd = finish !== null && !isLength(finish) && !ORDINARY.test(finish);
  const serverReason = isOdd ? finish : text === "" && reasoning > 0 ? "only reasoning" : null;
  return {
    text,
    finishReason,
    stopString: null,
    tokens,
    ...(serverReason === null ? {} : { serverReason }),
  };
}

/** Whether a text ended at its greatest length, in any server's words. */
export function isLength(finish: string | null): boolean {
  return finish !== null && LENGTH.test(finish);
}

/** A text without the beginning of its stop string: a server that streams may have let a piece of it out. */
function withoutPieceOf(stop: string, text: string): string {
  for (let length = stop.length - 1; length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return text.slice(0, -length);
  }
  return text;
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
