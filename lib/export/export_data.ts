import { policyPrompt } from "../core/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import { choosePairs, type PairGroup } from "./choose_pairs.ts";
import { chooseTraces, type ChosenTrace } from "./choose_traces.ts";
import type { Decontaminator } from "./decontaminate.ts";
import type { ExportedProblem } from "./exported_tree.ts";
import { pairRow, traceRow } from "./formats.ts";
import type { ExportFormat, ExportManifest } from "./manifest.ts";
import { countTrees, readExportedProblems, type TreeSource } from "./read_problems.ts";
import type { PairRules, SftRules } from "./rules.ts";
import { ExportWriter, type FileNames } from "./writer.ts";

/** What every export is told. */
export interface ExportOptions<Rules> {
  /** Folder that the export will be. */
  readonly folder: string;
  readonly source: TreeSource;
  readonly rules: Rules;
  /** @default ["own"] */
  readonly formats?: readonly ExportFormat[];
  /** Keeps evaluation problems out. */
  readonly decontaminator: Decontaminator;
  /** Called now and then with how many problems are done. */
  readonly onProgress?: (problems: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const SFT_FILES: FileNames = {
  own: "traces.jsonl",
  trl: "trl_sft.jsonl",
  released: "released_sft.json",
};
const PAIR_FILES: FileNames = {
  own: "pairs.jsonl",
  trl: "trl_pairs.jsonl",
  released: "released_pairs.json",
};

/** Name of the file that our trainer reads, in the folder of an export. */
export const OWN_FILES = { sft: SFT_FILES.own, pairs: PAIR_FILES.own } as const;

/**
 * Writes traces for fine-tuning (algorithm.md 4, SFT). The same store gives the same bytes; memory does not grow with it.
 *
 * @throws {UsageError} If the folder holds something else than an export.
 */
export function exportSft(
  reader: SqlReader,
  options: ExportOptions<SftRules>,
): Promise<ExportManifest> {
  let steps = 0;
  return exportRows<ChosenTrace>(reader, options, {
    kind: "sft",
    names: SFT_FILES,
    choose: (problem) => {
      const { traces, difficulty, dropped } = chooseTraces(problem, options.rules);
      for (const { trajectory } of traces) steps += trajectory.steps.length;
      return { rows: traces, dropped, counts: { [difficulty]: 1 } };
    },
    write: traceRow,
    pairs: () => 1,
    finish: (rows) => ({ steps_per_trace: rows === 0 ? 0 : steps / rows }),
  });
}

/**
 * Writes groups of preference pairs (algorithm.md 4, PPM pairs). The same store gives the same bytes; memory does not grow with it.
 *
 * @throws {UsageError} If the folder holds something else than an export.
 */
export function exportPairs(
  reader: SqlReader,
  options: ExportOptions<PairRules>,
): Promise<ExportManifest> {
  return exportRows<PairGroup>(reader, options, {
    kind: "pairs",
    names: PAIR_FILES,
    choose: (problem) => {
      const { groups, dropped } = choosePairs(problem, options.rules);
      const counts: Record<string, number> = {};
      for (const { kind } of groups) counts[kind] = (counts[kind] ?? 0) + 1;
      return { rows: groups, dropped, counts };
    },
    write: pairRow,
    pairs: ({ positives, negatives }) => positives.length * negatives.length,
    finish: () => ({}),
  });
}

/** What tells one kind of export from another. */
interface ExportKind<Row> {
  readonly kind: ExportManifest["kind"];
  readonly names: FileNames;
  readonly choose: (problem: ExportedProblem) => {
    readonly rows: readonly Row[];
    readonly dropped: Readonly<Record<string, number>>;
    readonly counts: Readonly<Record<string, number>>;
  };
  /** A row in one format; several where a format has no groups. */
  readonly write: (
    row: Row,
    problem: ExportedProblem & { readonly prompt: string },
    format: ExportFormat,
  ) => readonly unknown[];
  readonly pairs: (row: Row) => number;
  readonly finish: (rows: number) => Readonly<Record<string, number>>;
}

async function exportRows<Row>(
  reader: SqlReader,
  options: ExportOptions<Readonly<Record<string, unknown>>>,
  kind: ExportKind<Row>,
): Promise<ExportManifest> {
  const { source, rules, formats = ["own"], signal } = options;
  await using writer = await ExportWriter.open(options.folder, { formats, names: kind.names });
  const totals = { rows: 0, pairs: 0, problems: 0, seen: 0 };
  const dropped: Record<string, number> = {};
  const counts: Record<string, number> = {};
  for await (const problem of readExportedProblems(reader, source, signal)) {
    options.onProgress?.(++totals.seen);
    const found = options.decontaminator.check(problem.question);
    if (found !== null) {
      add(dropped, { [`contaminated: ${found.kind} in ${found.suite}`]: 1 });
      continue;
    }
    const chosen = kind.choose(problem);
    add(dropped, chosen.dropped);
    add(counts, chosen.counts);
    if (chosen.rows.length > 0) totals.problems++;
    const prompted = { ...problem, prompt: policyPrompt(problem.question) };
    for (const row of chosen.rows) {
      totals.rows++;
      totals.pairs += kind.pairs(row);
      for (const format of formats) {
        for (const written of kind.write(row, prompted, format)) {
          await writer.write({ format, row: written });
        }
      }
    }
  }
  const { trees, nodes } = await countTrees(reader, source);
  return await writer.finish({
    kind: kind.kind,
    rows: totals.rows,
    pairs: totals.pairs,
    problems: totals.problems,
    dropped,
    counts: { ...counts, ...kind.finish(totals.rows) },
    rules,
    source: { runNo: source.runNo, rounds: [...source.rounds], trees, nodes },
  });
}

function add(totals: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(more)) totals[name] = (totals[name] ?? 0) + count;
}
