import { Command } from "commander";
import { UsageError } from "../../core/mod.ts";
import { mergeDatabases, type MergedPart } from "../../store/mod.ts";
import { workedExamples } from "../settings.ts";
import { listenForInterrupts } from "../terminal/interrupt.ts";
import { LiveDisplay } from "../terminal/live_display.ts";
import { notice, print } from "../terminal/output.ts";

interface MergeFlags {
  readonly json?: true;
  readonly quiet?: true;
}

/** `merge`: brings databases together. */
export function mergeCommand(): Command {
  return new Command("merge")
    .description("Bring databases together: the shards of a run, or several runs")
    .argument("<out>", "database that takes everything; made where it is not there")
    .argument("<in...>", "databases to take; they stay as they are")
    .option("--json", "print one line of JSON on standard output at the end")
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nRuns of synth with the same name and settings become one, and so do evaluations; a tree, sample or reply that is there stays.\n" +
        "Other runs stay apart. What is there already adds nothing: after an interruption the same command goes on.\n" +
        "Load curves are not taken (docs/clusters.md).",
    )
    .addHelpText(
      "after",
      workedExamples([
        ["the 64 parts of a search", "merge data/rstar.duckdb data/rstar-*-of-64.duckdb"],
      ]),
    )
    .action(runMerge);
}

async function runMerge(
  out: string,
  from: readonly string[],
  { json, quiet }: MergeFlags,
): Promise<void> {
  using interrupts = listenForInterrupts((count) =>
    count === 1
      ? notice("Interrupted: finishing this file; the same command goes on with the others")
      : notice("This file is taken whole or not at all; kill the process to give it up")
  );
  let [inspected, taken, trees] = [0, 0, 0];
  const picture = () => {
    const line = inspected < from.length && taken === 0
      ? `looked at ${inspected} of ${from.length} files`
      : `merged ${taken} of ${from.length} files, ${trees} trees`;
    return { lines: [line], line };
  };
  const display = new LiveDisplay(picture, { quiet: quiet === true });
  let parts: readonly MergedPart[];
  try {
    using _display = display;
    parts = await mergeDatabases(out, from, {
      stopAdmitting: interrupts.stopAdmitting,
      onInspected: () => inspected++,
      onPart: (part) => {
        taken++;
        trees += part.trees;
        apartLines(part).forEach((line) => display.notice(line));
      },
    });
  } finally {
    inspected = from.length;
  }
  if (parts.length === 0) {
    throw new UsageError(`Cannot merge into "${out}": expected other databases, got only itself`);
  }
  if (json) print(JSON.stringify({ out, parts }));
  else mergeLines(out, parts).forEach(print);
}

/** Runs that stand beside others of their names, with what differs. */
function apartLines({ path, apart }: MergedPart): readonly string[] {
  return apart.map(({ name, storedAs, because }) =>
    `Run "${name}" of "${path}" is another run and stays apart, as "${storedAs}": ${because}`
  );
}

/** Counts of everything that came in. */
function mergeLines(out: string, parts: readonly MergedPart[]): readonly string[] {
  const sum = (count: (part: MergedPart) => number) =>
    parts.reduce((total, part) => total + count(part), 0);
  const counts = [
    [sum(({ trees }) => trees), "trees"],
    [sum(({ nodes }) => nodes), "nodes"],
    [sum(({ problems }) => problems), "problems"],
    [sum(({ evaluations }) => evaluations), "evaluations"],
    [sum(({ samples }) => samples), "samples"],
    [sum(({ artifacts }) => artifacts), "artifacts"],
    [sum(({ replies }) => replies), "replies"],
  ] as const;
  const found = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  const overlap = sum(({ overlap }) => overlap);
  return [
    `${parts.length} files into ${out}: ${found.length === 0 ? "nothing new" : found.join(", ")}` +
    (overlap === 0 ? "" : `; ${overlap} trees were there already`),
  ];
}
