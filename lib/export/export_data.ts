import { policyPrompt, sha256, UsageError } from "../core/mod.ts";
import type { SqlReader } from "../store/sql_reader.ts";
import { choosePairs, type PairGroup } from "./choose_pairs.ts";
import { chooseTraces } from "./choose_traces.ts";
import type { Decontaminator } from "./decontaminate.ts";
import type { ExportedProblem } from "./exported_tree.ts";
import { pairRows, type PromptedProblem, traceRows } from "./formats.ts";
import { type ExportFormat, type ExportKind, ExportManifest } from "./manifest.ts";
import { pairsIn } from "./pair_sides.ts";
import {
  countTrees,
  type NodeSelection,
  readProblems,
  type SourceCounts,
  type TreeSource,
} from "./read_problems.ts";
import type { PairRules, SftRules } from "./rules.ts";
import { type FileNames, openExportWriter } from "./writer.ts";

/** Options of every export. */
export interface ExportOptions<Rules> {
  /** Folder that the export will be; `null` writes nothing and only counts. */
  readonly folder: string | null;
  readonly source: TreeSource;
  readonly rules: Rules;
  /** @default ["own"] */
  readonly formats?: readonly ExportFormat[];
  /** Keeps evaluation problems out. */
  readonly decontaminator: Decontaminator;
  /** Problems that data is made of. @default all */
  readonly only?: ReadonlySet<string>;
  /** Called for every problem that gives rows: comparisons of arms need to know which problems each of them has. */
  readonly onProblem?: (problemId: string, rows: number) => void;
  /** Called after every problem with how many are done. */
  readonly onProgress?: (problems: number) => void;
  readonly signal?: AbortSignal | undefined;
}

const FILES: Readonly<Record<ExportKind, FileNames>> = {
  sft: { own: "traces.jsonl", trl: "trl_sft.jsonl", released: "released_sft.json" },
  pairs: { own: "pairs.jsonl", trl: "trl_pairs.jsonl", released: "released_pairs.json" },
};

/** Name of the file that our trainer reads, in the folder of an export. */
export const OWN_FILES: Readonly<Record<ExportKind, string>> = {
  sft: FILES.sft.own,
  pairs: FILES.pairs.own,
};

/**
 * Writes traces for fine-tuning (docs/architecture.md, "Traces"). The same store gives the same bytes; memory does not grow with it.
 *
 * @throws {UsageError} If the run does not exist, or the folder holds something else than an export.
 */
export function exportSft(
  reader: SqlReader,
  options: ExportOptions<SftRules>,
): Promise<ExportManifest> {
  const { rules } = options;
  const totals = { traces: 0, steps: 0, characters: 0, tokens: 0 };
  return exportRows(reader, options, {
    kind: "sft",
    selection: {
      leading: rules.rollouts === null ? "right" : "visited",
      failures: false,
      scorer: rules.scorer,
    },
    choose: (problem) => {
      const { traces, difficulty, problemDropped, dropped } = chooseTraces(problem, rules);
      for (const { trajectory: { steps } } of traces) {
        totals.traces++;
        totals.steps += steps.length;
        for (const { text, generatedTokens } of steps) {
          totals.characters += text.length;
          totals.tokens += generatedTokens;
        }
      }
      return { rows: traces, problemDropped, dropped, counts: { [`${difficulty}_problems`]: 1 } };
    },
    write: traceRows,
    pairs: () => 1,
    // Mean Q favours long traces, so their length is always told.
    finish: () => {
      const { traces, ...sums } = totals;
      if (traces === 0) return {};
      const means = Object.entries(sums).map(([name, sum]) => [`${name}_per_trace`, sum / traces]);
      return Object.fromEntries(means);
    },
  });
}

/**
 * Writes groups of preference pairs (docs/architecture.md, "Preference pairs"). The same store gives the same bytes; memory does not grow
 * with it.
 *
 * @throws {UsageError} If the run does not exist, or the folder holds something else than an export.
 */
export function exportPairs(
  reader: SqlReader,
  options: ExportOptions<PairRules>,
): Promise<ExportManifest> {
  const { rules } = options;
  return exportRows(reader, options, {
    kind: "pairs",
    selection: {
      leading: rules.rollouts === null ? "judged" : "visited",
      failures: rules.failures !== "none",
      scorer: null,
    },
    choose: (problem) => {
      const { groups, problemDropped, dropped } = choosePairs(problem, rules);
      return { rows: groups, problemDropped, dropped, counts: countGroups(groups) };
    },
    write: pairRows,
    pairs: pairsIn,
    finish: () => ({}),
  });
}

/** Groups and pairs by kind; the parts of a group are one. */
function countGroups(groups: readonly PairGroup[]): Counts {
  const counts: Record<string, number> = {};
  for (const { kind, weight, ...sides } of groups) {
    add(counts, { [`${kind}_groups`]: weight, [`${kind}_pairs`]: pairsIn(sides) });
  }
  // Weights of parts are fractions; those of a group add up to one.
  return Object.fromEntries(Object.entries(counts).map(([name, sum]) => [name, Math.round(sum)]));
}

type Counts = Readonly<Partial<Record<string, number>>>;

/** Parts in which one kind of export differs from another. */
interface ExportWork<Row> {
  readonly kind: ExportKind;
  readonly selection: Omit<NodeSelection, "rollouts">;
  readonly choose: (problem: ExportedProblem) => {
    readonly rows: readonly Row[];
    readonly problemDropped: string | null;
    readonly dropped: Counts;
    readonly counts: Counts;
  };
  /** A row in one format; several where a format has no groups. */
  readonly write: (row: Row, problem: PromptedProblem, format: ExportFormat) => readonly unknown[];
  readonly pairs: (row: Row) => number;
  readonly finish: () => Counts;
}

async function exportRows<Row>(
  reader: SqlReader,
  options: ExportOptions<SftRules | PairRules>,
  work: ExportWork<Row>,
): Promise<ExportManifest> {
  const { source, rules, signal, formats = ["own"] } = options;
  const { run, trees, nodes } = await runOf(reader, source);
  await using writer = await openExportWriter(options.folder, { formats, names: FILES[work.kind] });
  const totals = { rows: 0, pairs: 0, problems: 0, seen: 0 };
  const dropped: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const selection = { ...work.selection, rollouts: rules.rollouts };
  for await (const problem of readProblems(reader, { ...source, nodes: selection, signal })) {
    options.onProgress?.(++totals.seen);
    signal?.throwIfAborted();
    const excluded = whyExcluded(problem, options);
    if (excluded !== null) {
      add(dropped, { [excluded]: 1 });
      continue;
    }
    const chosen = work.choose(problem);
    if (chosen.problemDropped !== null) add(dropped, { [`problem ${chosen.problemDropped}`]: 1 });
    add(dropped, chosen.dropped);
    add(counts, chosen.counts);
    if (chosen.rows.length > 0) {
      totals.problems++;
      options.onProblem?.(problem.problemId, chosen.rows.length);
    }
    const prompted = { ...problem, prompt: policyPrompt(problem.question) };
    for (const row of chosen.rows) {
      totals.rows++;
      totals.pairs += work.pairs(row);
      for (const format of writer.formats) {
        for (const written of work.write(row, prompted, format)) {
          await writer.write({ format, row: written });
        }
      }
    }
  }
  add(counts, work.finish());
  const { rows, pairs, problems } = totals;
  return await writer.finish({
    kind: work.kind,
    rows,
    pairs,
    problems,
    dropped: sorted(dropped),
    counts: sorted(counts),
    rules: ExportManifest.shape.rules.parse(rules),
    source: {
      run,
      runNo: source.runNo,
      rounds: [...source.rounds],
      trees,
      nodes,
      only: options.only === undefined ? null : identityOf(options.only),
    },
  });
}

/** @throws {UsageError} If there is no such run. */
async function runOf(
  reader: SqlReader,
  source: TreeSource,
): Promise<SourceCounts & { readonly run: string }> {
  const counted = await countTrees(reader, source);
  if (counted.run !== null) return { ...counted, run: counted.run };
  throw new UsageError(
    `Cannot export run ${source.runNo}: the database holds no run of this number`,
  );
}

function whyExcluded(
  { problemId, question }: ExportedProblem,
  { only, decontaminator }: Pick<ExportOptions<unknown>, "only" | "decontaminator">,
): string | null {
  if (only !== undefined && !only.has(problemId)) return "problem not_wanted";
  const found = decontaminator.check(question);
  return found === null ? null : `problem contaminated: ${found.kind} in ${found.suite}`;
}

function add(totals: Record<string, number>, more: Counts): void {
  for (const [name, count] of Object.entries(more)) {
    totals[name] = (totals[name] ?? 0) + (count ?? 0);
  }
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function identityOf(only: ReadonlySet<string>) {
  return { problems: only.size, sha256: sha256([...only].sort().join("\n")) };
}
