import { ProviderError } from "../core/mod.ts";
import type { RequestBody } from "./transport.ts";

/** Another form of a request that a server refused. */
export type Change =
  | { readonly kind: "leave out"; readonly field: string }
  | { readonly kind: "rename"; readonly field: string; readonly to: string }
  | { readonly kind: "one by one" }
  | { readonly kind: "stream" };

/** Fields without which a request is still the same question, those that only some servers know first. */
export const OPTIONAL_FIELDS = [
  "include_stop_str_in_output",
  "skip_special_tokens",
  "continue_final_message",
  "add_generation_prompt",
  "return_tokens_as_token_ids",
  "top_k",
  "min_p",
  "repetition_penalty",
  "stream_options",
  "presence_penalty",
  "frequency_penalty",
  "seed",
  "top_p",
  "temperature",
  "stop",
] as const;

/** Fields that are no part of OpenAI's protocol. */
export const EXTRA_FIELDS: readonly string[] = OPTIONAL_FIELDS.slice(
  0,
  OPTIONAL_FIELDS.indexOf("stream_options"),
);

const LIMITS = ["max_tokens", "max_completion_tokens"] as const;

/** Statuses with which servers refuse a form; 500 is what those answer that did not expect it. */
const REFUSALS: ReadonlySet<number | null> = new Set([400, 422, 500, 501]);

/** Whether a server refused the form of a request, and not its length. */
export function refusesForm(error: unknown): error is ProviderError {
  return error instanceof ProviderError && REFUSALS.has(error.status) &&
    !/context.{0,20}length|max_model_len|too long|maximum context|context size/i.test(
      wordsOf(error),
    );
}

/** Change that a server asks for when it refuses a request; `null` where it names nothing that can be changed. */
export function changeAskedFor(error: ProviderError, sent: RequestBody): Change | null {
  const words = wordsOf(error);
  const limit = LIMITS.find((name) => name in sent);
  const other = LIMITS.find((name) => name !== limit);
  const isUnknown =
    /unsupported|not support|unknown|unrecogni|extra|unexpected|not permitted|not allowed/i;
  if (limit !== undefined && other !== undefined && names(words, limit)) {
    if (names(words, other) || isUnknown.test(words)) {
      return { kind: "rename", field: limit, to: other };
    }
  }
  if (Number(sent["n"]) > 1 && namesN(words)) return { kind: "one by one" };
  const field = OPTIONAL_FIELDS.find((name) => name in sent && names(words, name));
  if (field !== undefined) return { kind: "leave out", field };
  const wantsStream = /\bstream/i.test(words) && /only|must|enable|require|true/i.test(words);
  return wantsStream && !("stream" in sent) ? { kind: "stream" } : null;
}

/** Words of the server, without our own. */
function wordsOf({ message }: ProviderError): string {
  const at = message.indexOf('"');
  return at < 0 ? "" : message.slice(at);
}

/** A name that is an ordinary word as well must stand where names stand. */
function names(words: string, field: string): boolean {
  if (field.includes("_")) return new RegExp(`(?<!\\w)${field}(?!\\w)`).test(words);
  return new RegExp(
    `["'\`.]${field}["'\`]|(parameter|field|argument|propert(y|ie)|supplied)s?\\W{0,2}${field}\\b`,
    "i",
  )
    .test(words.slice(1));
}

function namesN(words: string): boolean {
  return /(?<!\w)n(["'`]|\s*[=<>]|\s+(must|should|has|is|greater|larger|above|other|other)\b)/.test(
    words,
  ) ||
    /(number of|multiple|several) (choice|completion|candidate|output|sequence)|best_of|candidate_?count/i
      .test(words);
}
