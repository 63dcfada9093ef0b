import { z } from "zod";
import { groupBy, readRows, type ReportContext, roundName } from "../_context.ts";
import { type Block, emptySection, type Section } from "../document.ts";

const qRow = z.object({
  round: z.number(),
  bin: z.number(),
  nodes: z.number(),
  expected: z.number(),
  success: z.number(),
});

const ppmRow = z.object({
  round: z.number(),
  kind: z.string(),
  bin: z.number(),
  nodes: z.number(),
  mean_logit: z.number(),
  success: z.number(),
});

const HEAD = { id: "calibration", title: "Whether values mean what they say" };

/** Q and PPM scores against observed success. */
export async function calibrationSection(context: ReportContext): Promise<Section> {
  const blocks = [...await qCalibration(context), ...await ppmCalibration(context)];
  if (blocks.length === 0) {
    return emptySection({ ...HEAD, lead: "No step of the run has a judged answer below it." });
  }
  return {
    ...HEAD,
    lead:
      "Success is the share of right answers at or below a node. Q and answers come from the same rollouts, so Q shows consistency, not " +
      "foresight; the PPM scored before any answer was known. A raw PPM score expects no share by itself: success should rise with it.",
    blocks,
  };
}

async function qCalibration({ reader, run }: ReportContext): Promise<readonly Block[]> {
  const rows = await readRows(reader, qRow, {
    sql:
      `SELECT round, bin, sum(steps)::BIGINT AS nodes, sum(expected * steps) / sum(steps) AS expected,
        sum(success * steps) / sum(steps) AS success
      FROM q_calibration WHERE run = $1 GROUP BY ALL ORDER BY round, bin`,
    parameters: [run],
  });
  if (rows.length === 0) return [];
  return [{
    type: "chart",
    id: "q_calibration_chart",
    title: "Success against what Q expects",
    kind: "calibration",
    x: { label: "expected: (Q + 1) / 2", format: "percent" },
    y: { label: "success", format: "percent" },
    series: [...groupBy(rows, ({ round }) => round)].map(([round, own]) => ({
      name: roundName(round),
      points: own.map(({ expected, success, nodes }) => ({
        x: expected,
        y: success,
        weight: nodes,
      })),
    })),
  }, {
    type: "table",
    id: "q_calibration",
    title: "Q",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "bin", label: "Q from", format: "number" },
      { key: "nodes", label: "steps", format: "integer" },
      { key: "expected", label: "expected", format: "percent" },
      { key: "success", label: "success", format: "percent" },
    ],
    rows,
  }];
}

async function ppmCalibration({ reader, run }: ReportContext): Promise<readonly Block[]> {
  const rows = await readRows(reader, ppmRow, {
    sql:
      `SELECT round, CASE WHEN kind = 'answer' THEN 'solution' ELSE 'step' END AS kind, floor(bin) AS bin,
        sum(nodes)::BIGINT AS nodes, sum(mean_logit * nodes) / sum(nodes) AS mean_logit,
        sum(success * nodes) / sum(nodes) AS success
      FROM ppm_calibration WHERE run = $1 GROUP BY ALL ORDER BY round, kind DESC, bin`,
    parameters: [run],
  });
  if (rows.length === 0) return [];
  return [{
    type: "chart",
    id: "ppm_calibration_chart",
    title: "Success by raw PPM score",
    kind: "lines",
    x: { label: "raw score", format: "number" },
    y: { label: "success", format: "percent" },
    series: [...groupBy(rows, ({ round, kind }) => `${roundName(round)}, ${kind}s`)].map((
      [name, own],
    ) => ({
      name,
      points: own.map(({ mean_logit, success }) => ({ x: mean_logit, y: success })),
    })),
  }, {
    type: "table",
    id: "ppm_calibration",
    title: "PPM",
    columns: [
      { key: "round", label: "round", format: "integer" },
      { key: "kind", label: "of", format: "text" },
      { key: "bin", label: "raw score from", format: "number" },
      { key: "nodes", label: "nodes", format: "integer" },
      { key: "mean_logit", label: "mean raw score", format: "number" },
      { key: "success", label: "success", format: "percent" },
    ],
    rows,
  }];
}
