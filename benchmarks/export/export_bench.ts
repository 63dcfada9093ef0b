/**
 * Speed and memory of the export over a generated store, as Markdown.
 * Run: `deno run -A benchmarks/export/export_bench.ts [NODES]`; a million nodes by default.
 */
import {
  Decontaminator,
  exportPairs,
  exportSft,
  pairRules,
  sftRules,
} from "../../lib/export/mod.ts";
import { openReadOnly } from "../../lib/store/mod.ts";
import { generateStore } from "../store/generate.ts";

const NODES = Number(Deno.args[0] ?? 1_000_000);
const MIB = 1 << 20;

/** Runs something, and samples the memory of this process meanwhile. */
async function measure<T>(
  work: () => Promise<T>,
): Promise<{ result: T; seconds: number; peakMiB: number }> {
  let peak = 0;
  const timer = setInterval(() => peak = Math.max(peak, Deno.memoryUsage().rss), 50);
  const started = performance.now();
  try {
    const result = await work();
    return { result, seconds: (performance.now() - started) / 1000, peakMiB: peak / MIB };
  } finally {
    clearInterval(timer);
  }
}

const folder = await Deno.makeTempDir();
try {
  const path = `${folder}/t.duckdb`;
  const nodes = await generateStore(path, NODES);
  using reader = await openReadOnly(path);
  const common = { source: { runNo: 1, rounds: [1, 2] }, decontaminator: new Decontaminator() };
  const rows = [
    [
      "traces",
      () => exportSft(reader, { ...common, folder: `${folder}/sft`, rules: sftRules("default") }),
    ],
    [
      "pairs",
      () =>
        exportPairs(reader, { ...common, folder: `${folder}/pairs`, rules: pairRules("default") }),
    ],
  ] as const;
  console.log(
    "| export | nodes | rows | seconds | nodes/s | peak memory MiB |\n|---|---|---|---|---|---|",
  );
  for (const [name, work] of rows) {
    const { result, seconds, peakMiB } = await measure(work);
    console.log(
      `| ${name} | ${nodes} | ${result.rows} | ${seconds.toFixed(1)} | ` +
        `${Math.round(nodes / seconds)} | ${Math.round(peakMiB)} |`,
    );
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
