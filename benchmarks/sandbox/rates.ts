import { openPool, openWorker, runOk, STEPS } from "./_open.ts";
import { quantile, repeat, table, type Timing } from "./_measure.ts";

const PAGE_BYTES = 4_096;

/** Steps a second, each a step of its own from the clean state. */
export async function rates(count: number): Promise<string> {
  const rows = [[
    "step",
    "workers",
    "steps/s",
    "p50 ms",
    "p99 ms",
    "CPU ms of the step's process",
    "pages it copied",
  ]];
  for (const [name, code] of Object.entries(STEPS)) {
    for (const workers of [1, 2]) {
      const { warm, cpuMs, pages } = await runPool(code, { workers, count });
      rows.push([
        name,
        `${workers}`,
        warm.perSecond.toFixed(0),
        warm.p50.toFixed(1),
        warm.p99.toFixed(1),
        cpuMs.toFixed(1),
        pages.toFixed(0),
      ]);
    }
  }
  return table(rows);
}

async function runPool(
  code: string,
  { workers, count }: { readonly workers: number; readonly count: number },
): Promise<{ readonly warm: Timing; readonly cpuMs: number; readonly pages: number }> {
  await using pool = await openPool(workers);
  const cpu: number[] = [];
  const pages: number[] = [];
  const sessions = Array.from({ length: workers }, () => pool.openSession());
  const warm = await repeat(async (lane) => {
    const outcome = await sessions[lane]?.run({ parent: null, code, keep: false });
    if (outcome?.status !== "ok") throw new Error(JSON.stringify(outcome));
    cpu.push(outcome.cpuMs);
    pages.push(outcome.memoryBytes / PAGE_BYTES);
  }, { count, lanes: workers });
  for (const session of sessions) await session[Symbol.asyncDispose]();
  return { warm, cpuMs: quantile(cpu, 0.5), pages: quantile(pages, 0.5) };
}

/** Measures the cost of harness, pipes and the supervisor's loop: a request that the supervisor answers without a fork, against a step. */
export async function overhead(count: number): Promise<string> {
  await using worker = await openWorker(null);
  const options = { count, lanes: 1 };
  const step = await repeat(() => runOk(worker, STEPS.trivial), options);
  const noState = { parent: Number.MAX_SAFE_INTEGER, prefix: [], code: STEPS.trivial, keep: false };
  const message = await repeat(async () => {
    const { status } = await worker.run(noState);
    if (status !== "evicted") throw new Error(status);
  }, options);
  return `A request that needs no fork: p50 ${message.p50.toFixed(2)} ms, ${
    (100 * message.p50 / step.p50).toFixed(1)
  } % of a trivial step (${step.p50.toFixed(2)} ms).`;
}

/** Confined against unconfined forks, in turns on one machine, medians of rounds. */
export async function confinement(count: number): Promise<string> {
  const tiers = ["none", "B", "A"] as const;
  const workers = await Promise.all(tiers.map((tier) => openWorker(tier)));
  const times = tiers.map((): number[] => []);
  for (let round = 0; round < 10; round++) {
    for (const [i, worker] of workers.entries()) {
      const { p50 } = await repeat(() => runOk(worker, STEPS.trivial), {
        count: Math.ceil(count / 10),
        lanes: 1,
      });
      times[i]?.push(p50);
    }
  }
  for (const worker of workers) await worker[Symbol.asyncDispose]();
  const medians = times.map((values) => quantile(values, 0.5));
  const base = medians[0] ?? NaN;
  return table([
    ["tier", "trivial step p50 ms", "against none"],
    ...tiers.map((tier, i) => {
      const ms = medians[i] ?? NaN;
      return [tier, ms.toFixed(2), `${(100 * (ms / base - 1)).toFixed(1)} %`];
    }),
  ]);
}
