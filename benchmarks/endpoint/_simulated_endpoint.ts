/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
/**
 * Worker: an endpoint with fixed slots and a fixed token rate per slot. What it cannot work on waits inside, as in a real server.
 * Messages in: `{slots, fullAt, tokenMs}` starts it, `"drain"` ends the measurement. Messages out: `{port}`, then `{share}`.
 */
import { z } from "zod";
import { seededRandom, Semaphore } from "../../lib/core/mod.ts";

/** `fullAt`: slots in use from which on it counts. */
const Start = z.strictObject({ slots: z.int(), fullAt: z.int(), tokenMs: z.number() });
const Request = z.looseObject({ n: z.int(), seed: z.int() });

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

function serve({ slots, fullAt, tokenMs }: z.infer<typeof Start>, usage: Usage): number {
  const free = new Semaphore(slots);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      const { n, seed } = Request.parse(await request.json());
      const random = seededRandom(seed);
      const tokens = Math.ceil(MEAN_TOKENS * Math.min(4, 0.1 - 0.9 * Math.log(1 - random())));
      using _slot = await free.acquire();
      usage.change(1, fullAt);
      await new Promise((resolve) => setTimeout(resolve, tokens * tokenMs));
      usage.change(-1, fullAt);
      const text = "x = 1\n".repeat(tokens / 2) + "<end_of_step>";
      const choices = Array.from({ length: n }, (_, index) => ({
        ...{ index, text, finish_reason: "stop", stop_reason: "<end_of_step>" },
      }));
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
