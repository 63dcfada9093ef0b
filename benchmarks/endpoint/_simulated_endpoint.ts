/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Worker: an endpoint with fixed slots and a fixed token rate per slot. What it cannot work on waits inside, as in a real server.
 * Messages in: `{slots, fullAt, tokenMs, writes}` starts it, `"drain"` ends the measurement. Messages out: `{port}`, then `{share}`.
 */
import { z } from "zod";
import { hashSeed, seededRandom, Semaphore } from "../../lib/core/mod.ts";

/** `fullAt`: slots in use from which on it counts. */
const Start = z.strictObject({
  slots: z.int(),
  fullAt: z.int(),
  tokenMs: z.number(),
  writes: z.enum(["words", "steps"]).default("words"),
});
const Request = z.looseObject({ n: z.int(), seed: z.int(), prompt: z.string() });

/** Tokens of a reply: between a tenth of the mean and four times the mean. */
const MEAN_TOKENS = 100;

/** Slots in use, added up over time. */
class Usage {
  running = 0;
  #area = 0;
  #at = performance.now();
  #from: { readonly at: number; readonly area: number } | null = null;

  change(by: number, fullAt: number): void {
    this.#add();
    this.running += by;
    if (this.running === fullAt) this.#from ??= { at: this.#at, area: this.#area };
  }

  /** Share of the slots that was in use since the first full load. */
  share(slots: number): number {
    this.#add();
    if (this.#from === null) return 0;
    return (this.#area - this.#from.area) / ((this.#at - this.#from.at) * slots);
  }

  #add(): void {
    const now = performance.now();
    this.#area += this.running * (now - this.#at);
    this.#at = now;
  }
}

/** A step, a print or an answer: paths of two steps, every candidate another one. */
function nextSegment(prompt: string, seed: number): string {
  const output = /<output>(.*)<end_of_output>\n$/.exec(prompt)?.[1];
  if (output !== undefined) return `<answer>It is \\boxed{${output}}.\n<end_of_answer>`;
  const steps = prompt.split("<end_of_step>").length - 1;
  if (steps === 0) return `\n<code>\n# Step 1: Begin.\ntotal = ${seed % 1009} + 1\n<end_of_step>`;
  if (steps === 1) return `\n\n# Step 2: Go on.\ntotal = total * 2\n# ${seed % 997}\n<end_of_step>`;
  return "\n\n# Print it.\nprint(total)\n<end_of_code>";
}

function serve({ slots, fullAt, tokenMs, writes }: z.infer<typeof Start>, usage: Usage): number {
  const free = new Semaphore(slots);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { n, seed, prompt } = Request.parse(await request.json());
      // Trees with the same seed ask with the same seeds: what is asked must decide as well.
      const random = seededRandom(hashSeed(prompt, seed));
      const tokens = Math.ceil(MEAN_TOKENS * Math.min(4, 0.1 - 0.9 * Math.log(1 - random())));
      using _slot = await free.acquire();
      usage.change(1, fullAt);
      await new Promise((resolve) => setTimeout(resolve, tokens * tokenMs));
      usage.change(-1, fullAt);
      const words = "x = 1\n".repeat(tokens / 2) + "<end_of_step>";
      const choices = Array.from({ length: n }, (_, index) => {
        const text = writes === "words" ? words : nextSegment(prompt, seed + index);
        const stop_reason = /<[a-z_]+>$/.exec(text)?.[0] ?? null;
        return { index, text, finish_reason: "stop", stop_reason };
      });
      return Response.json({
        choices,
        usage: { prompt_tokens: 200, completion_tokens: tokens * n },
      });
    },
  );
  return server.addr.port;
}

const usage = new Usage();
let slots = 0;
self.addEventListener("message", ({ data }: MessageEvent) => {
  if (data === "drain") {
    self.postMessage({ share: usage.share(slots) });
    return;
  }
  const start = Start.parse(data);
  ({ slots } = start);
  self.postMessage({ port: serve(start, usage) });
});
