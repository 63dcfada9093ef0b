/**
 * How long the named analyses and the examples of the views take, as Markdown, on generated databases of 1M and 5M nodes:
 * `deno run -A benchmarks/store/analyses_bench.ts [FILE…]`. Makes the databases itself (minutes) unless files are named.
 */
import { ANALYSES, openReadOnly, type QueryRows, runAnalysis, VIEWS } from "../../lib/store/mod.ts";
import { generateStore } from "./generate.ts";

const SIZES = [1_000_000, 5_000_000];
const REPEATS = 3;

async function drain({ batches }: QueryRows): Promise<void> {
  for await (const _ of batches);
}

/** Milliseconds of the first and of the median run: the first one reads the file. */
async function timed(work: () => Promise<QueryRows>): Promise<string> {
  const times: number[] = [];
  for (let i = 0; i < REPEATS; i++) {
    const begin = performance.now();
    await drain(await work());
    times.push(performance.now() - begin);
  }
  const median = times.toSorted((a, b) => a - b)[REPEATS >> 1] ?? NaN;
  return `${times[0]?.toFixed(0)} / ${median.toFixed(0)}`;
}

/** A column of the table: everything that is asked of one database. */
async function measure(path: string): Promise<Map<string, string>> {
  using database = await openReadOnly(path);
  const found = new Map<string, string>();
  for (const analysis of ANALYSES) {
    found.set(analysis.name, await timed(() => runAnalysis(database, analysis)));
  }
  for (const { name, example } of VIEWS) {
    found.set(`example of ${name}`, await timed(() => database.query(example)));
  }
  return found;
}

async function main(files: readonly string[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const paths = [...files];
    for (const size of files.length > 0 ? [] : SIZES) {
      const path = `${folder}/${size}.duckdb`;
      await generateStore(path, size);
      paths.push(path);
    }
    const columns = [];
    for (const path of paths) columns.push(await measure(path));
    const sizes = files.length > 0 ? files : SIZES.map((size) => `${size / 1e6}M nodes`);
    console.log(`| ms, first / median of ${REPEATS} | ${sizes.join(" | ")} |`);
    console.log(`|---|${sizes.map(() => "---|").join("")}`);
    for (const name of columns[0]?.keys() ?? []) {
      console.log(`| ${name} | ${columns.map((column) => column.get(name)).join(" | ")} |`);
    }
    console.log(`\nMemory at the end: ${(Deno.memoryUsage().rss / 1e9).toFixed(1)} GB`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main(Deno.args);
