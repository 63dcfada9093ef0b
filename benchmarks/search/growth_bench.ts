/**
 * Whether a long run stays as fast and as small as a short one: trees grown and stored as `synth` does it, with an instant policy and a
 * sandbox that runs nothing, for more and more problems. Prints milliseconds per tree and the heap after a collection.
 * Run: `deno run -A benchmarks/search/growth_bench.ts [most problems that are grown] [problems that are known]`
 */
import v8 from "node:v8";
import vm from "node:vm";
import { silentReporter } from "../../lib/core/mod.ts";
import { growRound } from "../../lib/cli/synth/grow.ts";
import { pendingJobs } from "../../lib/cli/synth/jobs.ts";
import { PRESETS } from "../../lib/search/mod.ts";
import { openStore } from "../../lib/store/mod.ts";
import { testRun } from "../../tests/conformance/store.ts";
import { parts, sums } from "../../tests/cli/synth/_rooms.ts";

const MOST = Number(Deno.args[0] ?? 20_000);
const KNOWN = Number(Deno.args[1] ?? 747_000);

/** Trees that are grown out of the large set: what a tree costs does not depend on how many are left, or it shows. */
const GROWN_OF_KNOWN = 1_000;

const MIB = 1 << 20;

v8.setFlagsFromString("--expose-gc");
const collect: () => void = vm.runInNewContext("gc");

function heapMiB(): string {
  collect();
  return (Deno.memoryUsage().heapUsed / MIB).toFixed(0);
}

// deno-lint-ignore no-console
const print = console.log;

/** Grows trees of so many known problems, and prints a row for every tenth of them. */
async function measure(known: number, grown: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await using store = await openStore(`${folder}/growth.duckdb`);
    const { runNo } = await store.openRun(testRun());
    const spec = { ...PRESETS["starter/r1"].spec, earlyStop: false };
    const request = {
      runNo,
      roundNo: 0,
      problems: sums(known),
      seeds: [0],
      spec,
      policyApi: "completions" as const,
    };
    const startMs = performance.now();
    await pendingJobs(store, request);
    const pendingMs = performance.now() - startMs;
    const rows: string[] = [];
    const stop = new AbortController();
    let [trees, sinceMs] = [0, performance.now()];
    const portion = Math.max(1, Math.floor(grown / (grown > 10_000 ? 5 : 1)));
    await growRound(request, {
      ...parts(store),
      stopAdmitting: stop.signal,
      reporter: {
        ...silentReporter(),
        event: ({ type }) => {
          if (type !== "tree") return;
          trees++;
          if (trees === grown) stop.abort();
          if (trees % portion !== 0 || trees > grown) return;
          const perTree = (performance.now() - sinceMs) / portion;
          rows.push(`${known} | ${trees} | ${perTree.toFixed(2)} | ${heapMiB()}`);
          sinceMs = performance.now();
        },
      },
    });
    for (const row of rows) print(`| ${row} | ${(pendingMs / 1000).toFixed(1)} s |`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

print("| problems | trees grown so far | ms per tree | heap MiB | finding out what is left |");
print("|---|---|---|---|---|");
for (const count of [100, 1_000, 10_000, 20_000].filter((count) => count <= MOST)) {
  await measure(count, count);
}
if (KNOWN > 0) await measure(KNOWN, Math.min(MOST, GROWN_OF_KNOWN));
