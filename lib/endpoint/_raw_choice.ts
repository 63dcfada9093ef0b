import { z } from "zod";
import { rawLogprobs, type RawPosition } from "./_raw_logprobs.ts";

/** A choice of either route, as far as it is used. */
export interface RawChoice {
  readonly text: string;
  /** Reasoning that came in a field of its own. */
  readonly reasoning?: string;
  /** In the server's words; `null` where it says none. */
  readonly finish_reason: string | null;
  /** The stop string, or the id of a stop token, or null; `undefined` of a server that has no such field. */
  readonly stop_reason?: string | number | null | undefined;
  /** Its tokens with their log-probabilities, where the server says them. */
  readonly positions?: readonly RawPosition[];
}

/** Finish reason of a choice that holds nothing that is known. */
export const UNREADABLE = "unreadable";

const Fields = z.record(z.string(), z.unknown());

/** Fields in which servers put reasoning. */
const REASONING_FIELDS = ["reasoning_content", "reasoning", "thinking"] as const;

/** Reads one choice: what is not needed is not required, and one that is odd is no reason to lose the others. */
export function rawChoice(choice: unknown): RawChoice {
  const fields = Fields.safeParse(choice).data ?? {};
  const message = Fields.safeParse(fields["message"]).data ?? null;
  const content = message === null ? fields["text"] : message["content"];
  const finish = fields["finish_reason"];
  const parts = Array.isArray(content) ? content.map(partOf) : [partOf(content)];
  const positions = rawLogprobs(choice);
  const isKnown = message !== null || typeof content === "string" || typeof finish === "string";
  return {
    text: parts.map(({ text }) => text).join(""),
    reasoning: parts.map(({ reasoning }) => reasoning).join("") ||
      reasoningOf(message ?? fields),
    finish_reason: typeof finish === "string" ? finish : isKnown ? null : UNREADABLE,
    stop_reason: "stop_reason" in fields || "matched_stop" in fields
      ? stopReason(fields["stop_reason"]) ?? stopReason(fields["matched_stop"])
      : undefined,
    ...(positions === null ? {} : { positions }),
  };
}

interface Part {
  readonly text: string;
  readonly reasoning: string;
}

/** A part of a message: text, or an object that says of which kind it is. */
function partOf(part: unknown): Part {
  if (typeof part === "string") return { text: part, reasoning: "" };
  const fields = Fields.safeParse(part).data ?? {};
  const { type, text } = fields;
  const isReasoning = /^(reasoning|thinking)/.test(String(type));
  if (isReasoning) return { text: "", reasoning: reasoningOf(fields) || textIn(text) };
  return { text: textIn(text), reasoning: "" };
}

function reasoningOf(fields: Readonly<Record<string, unknown>>): string {
  return REASONING_FIELDS.map((name) => textIn(fields[name])).find((text) => text !== "") ?? "";
}

/** A text, or a list of parts that hold some. */
function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map((one) => partOf(one).text).join("") : "";
}

/** vLLM and SGLang name one; some servers a list of them. */
function stopReason(value: unknown): string | number | null {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" || typeof one === "number" ? one : null;
}
