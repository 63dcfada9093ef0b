import { shortDuration } from "../../core/mod.ts";
import type { EvalConfig } from "../../config/mod.ts";
import type { LoadedSuite } from "../../evaluation/mod.ts";
import { GRADER_VERSION } from "../../grading/mod.ts";
import { evaluationReport, renderHtml } from "../../report/mod.ts";
import type { DuckdbStore, EvaluationStore } from "../../store/mod.ts";
import { print } from "../terminal/output.ts";
import { compareRounds } from "./compare_rounds.ts";
import { comparisonJson, type Figures, figuresJson, figuresOf } from "./figures.ts";
import { figuresCsv, figuresMarkdown } from "./files.ts";
import { overlapOf } from "./overlaps.ts";
import type { EvalOutcome } from "./run_eval.ts";
import { terminalTable } from "../terminal/table.ts";
import { allTables } from "./table.ts";
import { warnings } from "./warnings.ts";

/** Configuration, suites and store that a report is made from. */
export interface OutcomeParts {
  readonly config: EvalConfig;
  readonly suites: readonly LoadedSuite[];
  readonly store: DuckdbStore;
}

/** Prints what was measured, and writes the files that were asked for. */
export async function reportOutcome(
  { entries, seconds }: EvalOutcome,
  { config, suites, store }: OutcomeParts,
): Promise<void> {
  const all: Figures[] = [];
  for (const entry of entries) {
    all.push(figuresOf(entry, await overlapOf(entry, { store, suites })));
  }
  const comparisons = await compareRounds(entries, { store, suites });
  const uses = await countEvaluations(entries.map(({ result }) => result.suite), store);
  const evalIds = entries.map(({ result }) => result.evalId);
  if (config.csv !== undefined) await Deno.writeTextFile(config.csv, figuresCsv(all));
  if (config.markdown !== undefined) {
    await Deno.writeTextFile(config.markdown, figuresMarkdown(all, comparisons));
  }
  if (config.html !== undefined) {
    const options = { evalIds, grader: GRADER_VERSION, now: new Date() };
    const page = await evaluationReport(store, options);
    await Deno.writeTextFile(config.html, await renderHtml(page));
  }
  if (config.json) {
    return print(JSON.stringify({
      db: config.db,
      seconds,
      complete: all.length > 0 && all.every(({ result }) => result.isComplete),
      evaluations: all.map(figuresJson),
      comparisons: comparisons.map(comparisonJson),
      suite_uses: uses,
    }));
  }
  for (const table of allTables(all, comparisons)) print(terminalTable(table));
  warnings(all).forEach(print);
  const counts = Object.entries(uses).map(([suite, count]) => `${suite} ${count}`);
  print(`Evaluations stored, these included: ${counts.join(", ")}`);
  print(`${shortDuration(seconds)}; evaluations ${evalIds.join(", ")} in ${config.db}`);
}

/** Number of evaluations of each suite: whoever measures often and keeps the best measures luck (docs/evaluation.md, "Repeated use"). */
async function countEvaluations(
  names: readonly string[],
  store: EvaluationStore,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const suite of new Set(names)) counts[suite] = (await store.evaluations({ suite })).length;
  return counts;
}
