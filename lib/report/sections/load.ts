import { z } from "zod";
import { groupBy, readRows, type ReportContext } from "../_context.ts";
import { clip } from "../_text.ts";
import { emptySection, type Section } from "../document.ts";

const summaryRow = z.object({
  name: z.string(),
  samples: z.number(),
  mean: z.number(),
  high: z.number(),
  max: z.number(),
});

const pointRow = z.object({ name: z.string(), minutes: z.number(), value: z.number() });

/** Points of a curve, and curves that are drawn. */
const POINTS = 200;
const CURVES = 16;

const HEAD = { id: "load", title: "Load over time" };

/** How busy endpoints, sandbox and queues were. */
export async function loadSection({ reader, run }: ReportContext): Promise<Section> {
  const own =
    `SELECT l.name, epoch(l.taken_at) AS taken, l.value FROM load_sample l JOIN run r USING (run_no) WHERE r.name = $1`;
  const summary = await readRows(reader, summaryRow, {
    sql:
      `SELECT name, count(*) AS samples, avg(value) AS mean, quantile_cont(value, 0.95) AS high, max(value) AS max
      FROM (${own}) GROUP BY ALL ORDER BY name LIMIT ${CURVES}`,
    parameters: [run],
  });
  if (summary.length === 0) {
    return emptySection({ ...HEAD, lead: "The load was not measured while the run was made." });
  }
  const points = await readRows(reader, pointRow, {
    sql:
      `WITH own AS (${own}), span AS (SELECT min(taken) AS first, greatest(max(taken) - min(taken), 1) / ${POINTS} AS width FROM own)
      SELECT name, avg(taken - first) / 60 AS minutes, avg(value) AS value FROM own, span
      GROUP BY name, floor((taken - first) / width) ORDER BY name, minutes`,
    parameters: [run],
  });
  const curves = groupBy(points, ({ name }) => name);
  return {
    ...HEAD,
    lead:
      `Measurements taken while the run was made, from its first one on; means of ${POINTS} equal parts of the time.`,
    blocks: [
      {
        type: "table",
        id: "load",
        title: "Measurements",
        columns: [
          { key: "name", label: "what", format: "text" },
          { key: "samples", label: "samples", format: "integer" },
          { key: "mean", label: "mean", format: "number" },
          { key: "high", label: "95 % below", format: "number" },
          { key: "max", label: "highest", format: "number" },
        ],
        rows: summary.map((row) => ({ ...row, name: clip(row.name, 80) })),
      },
      // What was 0 all the time shows as much in the table.
      ...summary.filter(({ max }) => max > 0).map(({ name }, i) => ({
        type: "chart" as const,
        id: `load_chart_${i}`,
        title: clip(name, 80),
        kind: "lines" as const,
        x: { label: "minutes", format: "number" as const },
        y: { label: clip(name, 40), format: "number" as const },
        series: [{
          name: clip(name, 40),
          points: (curves.get(name) ?? []).map(({ minutes, value }) => ({ x: minutes, y: value })),
        }],
      })),
    ],
  };
}
