/**
 * Time and size of the report of a database of a million nodes, as Markdown on standard output.
 *
 *     deno run -A benchmarks/report/report_bench.ts [NODES]
 */
import { renderHtml, renderJson, renderMarkdown, runReport } from "../../lib/report/mod.ts";
import { openReadOnly } from "../../lib/store/mod.ts";
import { generateStore } from "../store/generate.ts";

const wanted = Number(Deno.args[0] ?? 1_000_000);
const folder = await Deno.makeTempDir({ prefix: "rstar_report_bench_" });
try {
  const path = `${folder}/a.duckdb`;
  const nodes = await generateStore(path, wanted);
  using database = await openReadOnly(path);
  const rows: string[] = [];
  const begin = performance.now();
  let last = begin;
  const report = await runReport(database, {
    now: new Date(),
    onSection: (title) => {
      const at = performance.now();
      rows.push(row(title, at - last, ""));
      last = at;
    },
  });
  const read = performance.now();
  const html = await renderHtml(report);
  const drawn = performance.now();
  rows.push(row("HTML", drawn - read, size(html)));
  const markdown = renderMarkdown(report);
  const json = renderJson(report);
  rows.push(
    row("Markdown and JSON", performance.now() - drawn, `${size(markdown)}, ${size(json)}`),
  );
  rows.push(row("in all", performance.now() - begin, ""));
  console.log(`Report of ${nodes.toLocaleString("en-US")} nodes\n`);
  console.log(`| what | seconds | size |\n|---|---|---|\n${rows.join("\n")}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}

function row(what: string, ms: number, bytes: string): string {
  return `| ${what} | ${(ms / 1000).toFixed(2)} | ${bytes} |`;
}

function size(text: string): string {
  return `${(new TextEncoder().encode(text).length / 1e6).toFixed(2)} MB`;
}
