/**
 * The client alone, over real HTTP, against a simulated endpoint with fixed slots and a fixed token rate: which share of its slots is
 * used from the first full load until no request is left to send. Run: `deno run -A benchmarks/endpoint/endpoint_bench.ts [seconds]`
 */
import { z } from "zod";
import { completionsPolicy, EndpointPool, openTransport } from "../../lib/endpoint/mod.ts";
import type { Concurrency } from "../../lib/endpoint/mod.ts";

/** About how long one measurement takes. */
const SECONDS = Number(Deno.args[0] ?? 20);
/** Milliseconds per token, chosen so that one core can keep up with the requests. */
const TOKEN_MS = 4;
const MEAN_MS = 100 * TOKEN_MS;

const REQUEST = {
  prompt: "1 + 1 = ".repeat(60),
  n: 5,
  stop: ["<end_of_step>"],
  temperature: 1,
  topP: 1,
  maxTokens: 512,
};

interface Measured {
  readonly share: number;
  readonly limit: number;
  readonly perSecond: number;
}

async function measure(slots: number, concurrency: Concurrency): Promise<Measured> {
  const worker = new Worker(new URL("./_simulated_endpoint.ts", import.meta.url), {
    type: "module",
  });
  const ask = async (message: unknown): Promise<unknown> => {
    const reply = Promise.withResolvers<unknown>();
    worker.onmessage = ({ data }) => reply.resolve(data);
    worker.postMessage(message);
    return await reply.promise;
  };
  const fullAt = concurrency === "auto" ? slots : Math.min(slots, concurrency);
  const { port } = z.object({ port: z.int() }).parse(
    await ask({ slots, fullAt, tokenMs: TOKEN_MS }),
  );
  await using pool = new EndpointPool([openTransport(`http://127.0.0.1:${port}`)], {
    concurrency,
  });
  const policy = completionsPolicy({ pool, model: "m", sendsSeed: true, findings: {} });
  const total = Math.round(slots * SECONDS * 1000 / MEAN_MS);
  let next = 0;
  let share: Promise<unknown> | null = null;
  const send = async () => {
    while (next < total) {
      const seed = next++;
      if (next === total) share = ask("drain");
      await policy.sample({ ...REQUEST, seed });
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: Math.min(600, Math.ceil(total / 3)) }, send));
  const seconds = (performance.now() - startedMs) / 1000;
  const { limit } = pool.metrics();
  const result = z.object({ share: z.number() }).parse(await share);
  worker.terminate();
  return { share: result.share, limit, perSecond: total / seconds };
}

// deno-lint-ignore no-console
const print = console.log;
print("| slots | concurrency | share of capacity used | limit at the end | requests/s |");
print("|---|---|---|---|---|");
for (const slots of [8, 32, 100]) {
  for (const concurrency of ["auto", 64, slots] as const) {
    const { share, limit, perSecond } = await measure(slots, concurrency);
    const percent = (100 * share).toFixed(1);
    print(`| ${slots} | ${concurrency} | ${percent} % | ${limit} | ${perSecond.toFixed(0)} |`);
  }
}
