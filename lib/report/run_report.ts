import { z } from "zod";
import { UsageError } from "../core/mod.ts";
import type { SqlReader } from "../store/mod.ts";
import { readRows, type ReportContext } from "./_context.ts";
import { type MeasuredEvaluation, readEvaluations } from "./_evaluations.ts";
import { clip, prettyJson } from "./_text.ts";
import { emptySection, type Report, type Section } from "./document.ts";
import { calibrationSection } from "./sections/calibration.ts";
import { costSection } from "./sections/cost.ts";
import { coverageSection } from "./sections/coverage.ts";
import { differencesSection } from "./sections/differences.ts";
import { errorsSection } from "./sections/errors.ts";
import { evaluationName, evaluationsSection } from "./sections/evaluations.ts";
import { exampleTreesSection } from "./sections/example_trees.ts";
import { reflectionSection, suspectsSection } from "./sections/labels.ts";
import { loadSection } from "./sections/load.ts";
import { provenanceSection } from "./sections/provenance.ts";
import { roundsSection } from "./sections/rounds.ts";
import { searchSection } from "./sections/search.ts";
import { trainingSection } from "./sections/training.ts";

/** Options of a report. */
export interface ReportOptions {
  /** Name of the run. @default the newest one */
  readonly run?: string;
  /** Grader whose verdicts count where several have judged. @default the one with most verdicts */
  readonly grader?: string;
  /** When the report is made. */
  readonly now: Date;
  /** Told of every section when it is made. */
  readonly onSection?: (title: string) => void;
}

/**
 * Everything a database holds about a run.
 *
 * @throws {UsageError} If there is no run of this name.
 * @throws {StoreError} If the database holds something else than this version writes.
 */
export async function runReport(reader: SqlReader, options: ReportOptions): Promise<Report> {
  const run = await chooseRun(reader, options.run);
  return {
    version: 1,
    title: run === null ? "rstar report" : `rstar report: ${clip(run, 100)}`,
    subtitle: "Step-verified mathematics data by tree search",
    generatedAt: options.now,
    sections: run === null
      ? await sectionsWithoutRun(reader, options)
      : await runSections({ reader, run }, options),
  };
}

/**
 * A report about evaluations alone.
 *
 * @param evalIds Numbers of the evaluations, as stored.
 */
export async function evaluationReport(
  reader: SqlReader,
  options: Omit<ReportOptions, "run" | "onSection"> & { readonly evalIds: readonly number[] },
): Promise<Report> {
  const { evalIds, grader, now } = options;
  const evaluations = await readEvaluations(reader, {
    evalIds,
    ...(grader !== undefined && { grader }),
  });
  return {
    version: 1,
    title: "rstar evaluation",
    subtitle: [...new Set(evaluations.map(({ suite }) => clip(suite, 60)))].join(", "),
    generatedAt: now,
    sections: [
      evaluationsSection(evaluations),
      differencesSection(evaluations),
      conditionsSection(evaluations),
    ],
  };
}

async function runSections(
  context: ReportContext,
  { grader, onSection }: ReportOptions,
): Promise<readonly Section[]> {
  const evaluations = await readEvaluations(context.reader, {
    run: context.run,
    ...(grader !== undefined && { grader }),
  });
  const makers: readonly (() => Section | Promise<Section>)[] = [
    () => provenanceSection(context),
    () => roundsSection(context, evaluations),
    () => evaluationsSection(evaluations),
    () => differencesSection(evaluations),
    () => coverageSection(context),
    () => searchSection(context),
    () => calibrationSection(context),
    () => errorsSection(context),
    () => costSection(context),
    () => loadSection(context),
    () => trainingSection(context),
    () => suspectsSection(context),
    () => reflectionSection(context),
    () => exampleTreesSection(context),
    () => conditionsSection(evaluations),
  ];
  const sections: Section[] = [];
  for (const make of makers) {
    const section = await make();
    onSection?.(section.title);
    sections.push(section);
  }
  return sections;
}

/** A file that only checkpoints from elsewhere were measured into, or an empty one. */
async function sectionsWithoutRun(
  reader: SqlReader,
  { grader }: ReportOptions,
): Promise<readonly Section[]> {
  const evaluations = await readEvaluations(reader, { ...(grader !== undefined && { grader }) });
  return [
    emptySection({ id: "rounds", title: "Runs", lead: "The database holds no run." }),
    evaluationsSection(evaluations),
    conditionsSection(evaluations),
  ];
}

/** Section on the conditions under which the evaluations ran. */
function conditionsSection(evaluations: readonly MeasuredEvaluation[]): Section {
  const head = { id: "conditions", title: "What evaluations ran with" };
  if (evaluations.length === 0) return emptySection({ ...head, lead: "There is no evaluation." });
  return {
    ...head,
    lead:
      "Specification: everything that changes what a sample means. Provenance: what it ran with besides.",
    blocks: evaluations.flatMap((evaluation) => {
      const name = `${clip(evaluation.suite, 60)}, ${evaluation.mode}, ${
        evaluationName(evaluation)
      }`;
      return ([["specification", evaluation.spec], ["provenance", evaluation.provenance]] as const)
        .map(([what, text]) => ({
          type: "verbatim" as const,
          title: `${name}: ${what}`,
          text: prettyJson(text),
        }));
    }),
  };
}

async function chooseRun(reader: SqlReader, wanted: string | undefined): Promise<string | null> {
  const runs = await readRows(reader, z.object({ name: z.string() }), {
    sql: `SELECT name FROM run ORDER BY run_no`,
  });
  const names = runs.map(({ name }) => name);
  if (wanted === undefined) return names.at(-1) ?? null;
  if (names.includes(wanted)) return wanted;
  throw new UsageError(
    `Cannot report run "${wanted}": there is none of this name; stored: ${
      names.join(", ") || "none"
    }`,
  );
}
