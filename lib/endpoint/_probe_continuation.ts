import { ProviderError } from "../core/mod.ts";
import type { Continuation, ProbeOptions } from "./probe.ts";
import { readReply, TextReply } from "./_replies.ts";
import { patiently } from "./_served.ts";
import type { Transport } from "./transport.ts";

/** Nothing that a model would write by itself: a reply that begins anew is not to look like one that repeats the message. */
const BEGUN = "I count so: 1 ; 2 ; 3 ; 4 ; 5 ; 6 ;";

/** Finds out how a chat endpoint goes on with a last assistant message: a count that was begun. */
export async function tryContinuation(
  transport: Transport,
  options: ProbeOptions & { readonly model: string },
): Promise<Continuation> {
  const { model, signal } = options;
  const ask = (more: Readonly<Record<string, unknown>>) =>
    patiently(async () => {
      const body = {
        model,
        messages: [
          { role: "user", content: "Count from 1 to 20. Write numbers and commas only." },
          { role: "assistant", content: BEGUN, ...more },
        ],
        temperature: 0,
        max_tokens: 24,
        n: 1,
        continue_final_message: true,
        add_generation_prompt: false,
      };
      const reply = await transport.request("/chat/completions", body, { signal });
      return readReply(TextReply, reply, transport.url).choices[0]?.text ?? "";
    }, options).catch(unlessRefused);
  const first = continuationSeen(await ask({}));
  if (first !== "none") return first;
  return continuationSeen(await ask({ prefix: true })) === "continued" ? "prefix" : "none";
}

/** `none` of a server that refuses such a message altogether. */
function unlessRefused(error: unknown): null {
  if (error instanceof ProviderError && [400, 422, 500, 501].includes(error.status ?? 0)) {
    return null;
  }
  throw error;
}

function continuationSeen(text: string | null): Continuation {
  if (text === null) return "none";
  const begin = text.trimStart();
  if (begin.startsWith(BEGUN)) return "echoed";
  if (/^[,;]?\s*7\b/.test(begin)) return "continued";
  return /^[^0-9]*1\b/.test(begin) ? "none" : "unknown";
}
