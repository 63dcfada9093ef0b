/**
 * Replies that come in the form of a stream although none was asked for: some gateways send comment lines to keep a connection open,
 * and some answer by events only.
 */
import { z } from "zod";

const Fields = z.record(z.string(), z.unknown());

/** The choices of one event, and what else it says. */
const Event = z.looseObject({
  choices: z.array(Fields).optional(),
  usage: z.unknown().optional(),
});

/**
 * Reads a text of lines that begin like those of an event stream.
 *
 * @returns The JSON that stands in it, or that its events make up; `null` where there is none, or the stream ended too early.
 */
export function jsonOfStream(text: string): string | null {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => !line.startsWith(":"));
  const rest = lines.join("\n").trim();
  if (/^[{[]/.test(rest)) return rest;
  const data = rest.split(/\n{2,}/).map(dataOf).filter((one) => one !== "");
  const events = data.filter((one) => one !== "[DONE]").map(parsed);
  if (events.length === 0 || events.includes(null)) return null;
  const failed = events.find((event) => event !== null && "error" in event);
  if (failed !== undefined) return JSON.stringify(failed);
  const reply = joined(events.filter((event) => event !== null));
  const isWhole = data.includes("[DONE]") ||
    reply.choices.every(({ finish_reason }) => typeof finish_reason === "string");
  return isWhole && reply.choices.length > 0 ? JSON.stringify(reply) : null;
}

function dataOf(event: string): string {
  return event.split("\n").filter((line) => line.startsWith("data:"))
    .map((line) => line.slice("data:".length).trimStart()).join("\n");
}

function parsed(data: string): z.infer<typeof Event> | null {
  try {
    return Event.safeParse(JSON.parse(data)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Fields whose pieces follow each other; of any other the last value counts. */
const PIECES = ["text", "content", "reasoning_content", "reasoning"] as const;

function joined(events: readonly z.infer<typeof Event>[]) {
  const choices = new Map<string, Record<string, unknown>>();
  let usage: unknown = null;
  for (const event of events) {
    usage = event.usage ?? usage;
    for (const choice of event.choices ?? []) {
      const index = String(choice["index"] ?? 0);
      const { delta, message, ...rest } = choice;
      const piece = { ...rest, ...Fields.safeParse(delta ?? message).data };
      choices.set(index, withPiece(choices.get(index) ?? {}, piece));
    }
  }
  return {
    choices: [...choices.values()].map((
      { text, content, reasoning_content, reasoning, ...rest },
    ) => ({
      ...rest,
      ...(text === undefined
        ? { message: { content: content ?? null, reasoning_content, reasoning } }
        : { text }),
      finish_reason: rest["finish_reason"],
    })),
    usage,
  };
}

function withPiece(
  before: Readonly<Record<string, unknown>>,
  piece: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const said = Object.entries(piece).filter(([, value]) => value !== null && value !== undefined);
  return {
    ...before,
    ...Object.fromEntries(said.map(([name, value]) => {
      const isPiece = PIECES.some((one) => one === name) && typeof value === "string";
      return [name, isPiece ? `${before[name] ?? ""}${value}` : value];
    })),
  };
}
