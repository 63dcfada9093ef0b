/**
 * Speed and memory of the export over a generated store, as Markdown.
 * Run: `deno run -A benchmarks/export/export_bench.ts [NODES | FILE]`; a million nodes by default.
 *
 * What DuckDB keeps of the file grows with the file up to a limit, and is no part of what an export holds: it is limited here, so that
 * the rest can be seen. Memory is sampled at the first tenth of the problems and at the end: flat means that the two are alike.
 */
import {
  Decontaminator,
  type ExportManifest,
  exportPairs,
  exportSft,
  pairRules,
  sftRules,
} from "../../lib/export/mod.ts";
import { openReadOnly } from "../../lib/store/mod.ts";

const MIB = 1 << 20;
const DUCKDB_MIB = 256;

interface Measured {
  readonly manifest: ExportManifest;
  readonly seconds: number;
  /** Highest MiB of the JavaScript heap and of the process. */
  readonly heapMiB: number;
  readonly processMiB: number;
  /** MiB of the process after a tenth of the problems. */
  readonly earlyMiB: number;
}

async function measure(
  problems: number,
  work: (onProgress: (done: number) => void) => Promise<ExportManifest>,
): Promise<Measured> {
  const peak = { heap: 0, process: 0, early: 0 };
  const sample = () => {
    const { heapUsed, rss } = Deno.memoryUsage();
    peak.heap = Math.max(peak.heap, heapUsed / MIB);
    peak.process = Math.max(peak.process, rss / MIB);
  };
  const started = performance.now();
  const manifest = await work((done) => {
    if (done % 10 === 0) sample();
    if (done === Math.ceil(problems / 10)) peak.early = Deno.memoryUsage().rss / MIB;
  });
  const seconds = (performance.now() - started) / 1_000;
  return { manifest, seconds, heapMiB: peak.heap, processMiB: peak.process, earlyMiB: peak.early };
}

/** In a process of its own: what generating takes of memory is not the export's. */
async function generate(path: string, nodes: number): Promise<void> {
  const program = new URL("../store/generate.ts", import.meta.url).pathname;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", program, path, String(nodes)],
    stdout: "null",
  }).output();
  if (!success) throw new TypeError("Cannot generate a store");
}

async function main(argument: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const isFile = argument.includes("/");
    const path = isFile ? argument : `${folder}/t.duckdb`;
    if (!isFile) await generate(path, Number(argument));
    using reader = await openReadOnly(path, { memoryMiB: DUCKDB_MIB });
    const { batches } = await reader.query("SELECT count(DISTINCT problem_no) FROM tree");
    const problems = Number((await Array.fromAsync(batches)).flat()[0]?.[0]);
    const common = { source: { runNo: 1, rounds: [1, 2] }, decontaminator: new Decontaminator() };
    console.log(
      `DuckDB limited to ${DUCKDB_MIB} MiB\n\n` +
        "| export | nodes | rows | seconds | nodes/s | JavaScript heap MiB | process MiB, after a tenth / at most |\n" +
        "|---|---|---|---|---|---|---|",
    );
    for (const kind of ["traces", "pairs"] as const) {
      const { manifest, seconds, heapMiB, processMiB, earlyMiB } = await measure(
        problems,
        (onProgress) => {
          const options = { ...common, folder: `${folder}/${kind}`, onProgress };
          return kind === "traces"
            ? exportSft(reader, { ...options, rules: sftRules("default") })
            : exportPairs(reader, { ...options, rules: pairRules("default") });
        },
      );
      const { nodes } = manifest.source;
      console.log(
        `| ${kind} | ${nodes} | ${manifest.rows} | ${seconds.toFixed(1)} | ` +
          `${Math.round(nodes / seconds / 1_000)}k | ${Math.round(heapMiB)} | ` +
          `${Math.round(earlyMiB)} / ${Math.round(processMiB)} |`,
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args[0] ?? "1000000");
