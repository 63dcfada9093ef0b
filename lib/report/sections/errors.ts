import { z } from "zod";
import { groupBy, optionalText, readRows, type ReportContext } from "../_context.ts";
import { clipOrNull } from "../_text.ts";
import { emptySection, type Section } from "../document.ts";

const statusRow = z.object({ round: z.number(), status: z.string(), share: z.number() });

const errorRow = z.object({
  round: z.number(),
  status: z.string(),
  execution: optionalText,
  error_type: optionalText,
  candidates: z.number(),
  share: z.number(),
  problems: z.number(),
  example: optionalText,
});

/** Kinds of failures that the table names. */
const SHOWN_KINDS = 40;

const HEAD = { id: "errors", title: "What failed" };

/** Failed candidates by kind. */
export async function errorsSection({ reader, run }: ReportContext): Promise<Section> {
  const rows = await readRows(reader, errorRow, {
    sql: `SELECT round, status, execution, error_type, candidates, share, problems,
      coalesce(example_message, CASE WHEN regexp_matches(example_text, '\\S') THEN example_text ELSE '(an empty text)' END) AS example FROM errors
      WHERE run = $1 QUALIFY row_number() OVER (ORDER BY candidates DESC) <= ${SHOWN_KINDS}
      ORDER BY round, candidates DESC, status, execution, error_type`,
    parameters: [run],
  });
  if (rows.length === 0) return emptySection({ ...HEAD, lead: "No candidate of the run failed." });
  const statuses = await readRows(reader, statusRow, {
    sql:
      `SELECT round, status, sum(share) AS share FROM errors WHERE run = $1 GROUP BY ALL ORDER BY round, status`,
    parameters: [run],
  });
  return {
    ...HEAD,
    lead:
      `Candidates that did not run, could not be read, were cut off or went too deep, as shares of all candidates of their round; the ` +
      `${SHOWN_KINDS} most frequent kinds. The example is the message of a model-written program, or the text that could not be read.`,
    blocks: [
      {
        type: "chart",
        id: "errors_chart",
        title: "Share of candidates that failed",
        kind: "bars",
        x: { label: "round", format: "text" },
        y: { label: "candidates", format: "percent" },
        series: [...groupBy(statuses, ({ status }) => status)].map(([name, own]) => ({
          name,
          points: own.map(({ round, share }) => ({ x: String(round), y: share })),
        })),
      },
      {
        type: "table",
        id: "errors",
        title: "Failures",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "status", label: "candidate", format: "text" },
          { key: "execution", label: "execution", format: "text" },
          { key: "error_type", label: "exception", format: "code" },
          { key: "candidates", label: "candidates", format: "integer" },
          { key: "share", label: "share", format: "percent" },
          { key: "problems", label: "problems", format: "integer" },
          { key: "example", label: "example", format: "code" },
        ],
        rows: rows.map((row) => ({
          ...row,
          error_type: clipOrNull(row.error_type, 80),
          example: clipOrNull(row.example, 160),
        })),
      },
    ],
  };
}
