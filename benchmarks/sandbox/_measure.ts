/** Times of repeated work. */
export interface Timing {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Repeats work in `lanes` at once until `count` are done. The first `lanes` runs are not counted. */
export async function repeat(
  work: (lane: number) => Promise<unknown>,
  options: { readonly count: number; readonly lanes: number },
): Promise<Timing> {
  const { count, lanes } = options;
  const each = Array.from({ length: lanes }, (_, lane) => lane);
  await Promise.all(each.map(work));
  const times: number[] = [];
  let left = count;
  const start = performance.now();
  await Promise.all(each.map(async (lane) => {
    while (left-- > 0) {
      const from = performance.now();
      await work(lane);
      times.push(performance.now() - from);
    }
  }));
  const elapsed = performance.now() - start;
  return {
    perSecond: 1_000 * count / elapsed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

/** Quantile of a sample, by the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Memory that the host has available, bytes. */
export async function memoryAvailable(): Promise<number> {
  const text = await Deno.readTextFile("/proc/meminfo");
  return Number(/MemAvailable:\s+(\d+) kB/.exec(text)?.[1]) * 1_024;
}

/** Rows of a Markdown table, the first one being the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => "---"), ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
