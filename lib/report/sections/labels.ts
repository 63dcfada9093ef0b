import { z } from "zod";
import { ANALYSES, type Analysis, runAnalysis } from "../../store/mod.ts";
import { checkRows, measured, type ReportContext } from "../_context.ts";
import { clip } from "../_text.ts";
import { emptySection, type Section } from "../document.ts";

const suspectRow = z.object({
  round: z.number(),
  problem_id: z.string(),
  level: measured,
  reference: z.string(),
  answer: z.string(),
  share: z.number(),
  reference_share: z.number(),
  draws: z.number(),
  trees: z.number(),
  mean_ppm: measured,
  score: z.number(),
  question: z.string(),
});

const reflectionRow = z.object({
  round: z.number(),
  kind: z.string(),
  counted: z.number(),
  of_all: z.number(),
  share: measured,
  right_share: measured,
});

/** Problems that may carry a wrong reference answer. */
export async function suspectsSection({ reader, run }: ReportContext): Promise<Section> {
  const { analysis, head } = named("suspect-labels", "Suspect labels");
  const rows = await checkRows(suspectRow, await runAnalysis(reader, analysis, { run }));
  if (rows.length === 0) {
    return emptySection({ ...head, lead: "No solutions agree against a reference answer." });
  }
  return {
    ...head,
    lead: leadOf(analysis),
    blocks: [{
      type: "table",
      id: "suspects",
      title: "Most suspect first",
      columns: [
        { key: "round", label: "round", format: "integer" },
        { key: "problem_id", label: "problem", format: "code" },
        { key: "level", label: "level", format: "integer" },
        { key: "question", label: "question", format: "text" },
        { key: "reference", label: "reference", format: "code" },
        { key: "answer", label: "solutions agree on", format: "code" },
        { key: "share", label: "share that agrees", format: "percent" },
        { key: "reference_share", label: "for the reference", format: "percent" },
        { key: "draws", label: "draws that agree", format: "number" },
        { key: "trees", label: "trees", format: "integer" },
        { key: "mean_ppm", label: "mean raw PPM score", format: "number" },
        { key: "score", label: "evidence", format: "number" },
      ],
      rows: rows.map((row) => ({
        ...row,
        problem_id: clip(row.problem_id, 80),
        question: clip(row.question, 160),
        reference: clip(row.reference, 80),
        answer: clip(row.answer, 80),
      })),
    }],
  };
}

/** How often search and solutions took something back. */
export async function reflectionSection({ reader, run }: ReportContext): Promise<Section> {
  const { analysis, head } = named("reflection", "Taking back");
  const rows = await checkRows(reflectionRow, await runAnalysis(reader, analysis, { run }));
  if (rows.length === 0) return emptySection({ ...head, lead: "The run has no judged solution." });
  return {
    ...head,
    lead: leadOf(analysis),
    blocks: [{
      type: "table",
      id: "reflection",
      title: "Taking back",
      columns: [
        { key: "round", label: "round", format: "integer" },
        { key: "kind", label: "kind", format: "code" },
        { key: "counted", label: "counted", format: "integer" },
        { key: "of_all", label: "of", format: "integer" },
        { key: "share", label: "share", format: "percent" },
        { key: "right_share", label: "right among them", format: "percent" },
      ],
      rows,
    }],
  };
}

/** The catalogue marks names as code, which a plain paragraph does not. */
function leadOf({ sentence, counting }: Analysis): string {
  return `${sentence} ${counting}`.replaceAll("`", "");
}

function named(name: string, title: string) {
  const analysis = ANALYSES.find((one) => one.name === name);
  if (analysis === undefined) throw new TypeError(`Cannot report "${name}": no such analysis`);
  return { analysis: analysis satisfies Analysis, head: { id: name, title } };
}
