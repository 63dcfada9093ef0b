import { z } from "zod";
import { groupBy, measured, optionalText, readRows, type ReportContext } from "../_context.ts";
import { clip } from "../_text.ts";
import { type Block, emptySection, type Section } from "../document.ts";

const artifactRow = z.object({
  artifact_id: z.number(),
  kind: z.string(),
  round: measured,
  role: z.string(),
  location: z.string(),
  sha256: optionalText,
  rows: measured,
  last_loss: measured,
  pair_accuracy: measured,
  scale: measured,
  scale_fitted_on: optionalText,
  steps: measured,
  tokens: measured,
  seconds: measured,
  made_at: z.string(),
});

const pointRow = z.object({
  name: z.string(),
  role: z.string(),
  round: measured,
  step: z.number(),
  value: z.number(),
});

/** Points of a curve, and kinds of curves that are drawn. */
const POINTS = 150;
const CURVES = 8;

const HEAD = { id: "training", title: "Training" };

/** Files and checkpoints that the run made, with training curves. */
export async function trainingSection({ reader, run }: ReportContext): Promise<Section> {
  const artifacts = await readRows(reader, artifactRow, {
    sql:
      `SELECT a.artifact_id, a.kind, a.round_no AS round, coalesce(a.role, '') AS role, a.location, a.sha256, a.n_rows AS rows,
        (SELECT max_by(value, step) FROM metric m WHERE m.artifact_id = a.artifact_id AND m.name = 'loss') AS last_loss,
        TRY_CAST(a.meta ->> '$.heldOut.pairAccuracy' AS DOUBLE) AS pair_accuracy,
        TRY_CAST(a.meta ->> '$.calibration.tau' AS DOUBLE) AS scale,
        CASE a.meta ->> '$.calibration.fittedOn'
          WHEN 'held-out' THEN (a.meta ->> '$.calibration.groups') || ' held-out groups'
          WHEN 'training' THEN (a.meta ->> '$.calibration.groups') || ' trained groups, made wider' END AS scale_fitted_on,
        TRY_CAST(a.meta ->> '$.steps' AS DOUBLE) AS steps, TRY_CAST(a.meta ->> '$.tokens' AS DOUBLE) AS tokens,
        TRY_CAST(a.meta ->> '$.seconds' AS DOUBLE) AS seconds, a.made_at::VARCHAR AS made_at
      FROM artifact a JOIN run r USING (run_no) WHERE r.name = $1 ORDER BY a.artifact_id`,
    parameters: [run],
  });
  if (artifacts.length === 0) {
    return emptySection({ ...HEAD, lead: "The run trained nothing and exported nothing." });
  }
  return {
    ...HEAD,
    lead:
      "Files that were exported and checkpoints that were trained from them, in order. Curves are means of equal parts.",
    blocks: [
      {
        type: "table",
        id: "artifacts",
        title: "Files and checkpoints",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "kind", label: "what", format: "text" },
          { key: "role", label: "role", format: "text" },
          { key: "location", label: "place", format: "code" },
          { key: "sha256", label: "hash", format: "code" },
          { key: "rows", label: "rows", format: "integer" },
          { key: "steps", label: "steps", format: "integer" },
          { key: "tokens", label: "tokens", format: "integer" },
          { key: "seconds", label: "seconds", format: "number" },
          { key: "last_loss", label: "last loss", format: "number" },
          { key: "pair_accuracy", label: "held-out pair accuracy", format: "percent" },
          { key: "scale", label: "scale τ", format: "number" },
          { key: "scale_fitted_on", label: "scale fitted on", format: "text" },
        ],
        rows: artifacts.map((row) => ({
          ...row,
          location: clip(row.location, 120),
          sha256: row.sha256?.slice(0, 12) ?? null,
        })),
      },
      ...await curves({ reader, run }),
    ],
  };
}

/** Curves of what was measured more than once; the rest is in the table. */
async function curves({ reader, run }: ReportContext): Promise<readonly Block[]> {
  const points = await readRows(reader, pointRow, {
    sql: `WITH own AS (
        SELECT m.artifact_id, m.name, coalesce(a.role, '') AS role, a.round_no AS round, m.step, m.value
        FROM metric m JOIN artifact a USING (artifact_id) JOIN run r USING (run_no) WHERE r.name = $1 AND isfinite(m.value)
        QUALIFY count(*) OVER (PARTITION BY m.artifact_id, m.name) > 1)
      SELECT name, role, round, avg(step) AS step, avg(value) AS value
      FROM (SELECT *, ntile(${POINTS}) OVER (PARTITION BY artifact_id, name ORDER BY step) AS part FROM own)
      GROUP BY name, role, round, artifact_id, part ORDER BY role, name, round, artifact_id, part`,
    parameters: [run],
  });
  return [...groupBy(points, ({ role, name }) => `${role}: ${name}`)].slice(0, CURVES).map((
    [title, own],
    i,
  ) => ({
    type: "chart",
    id: `training_chart_${i}`,
    title: clip(title, 80),
    kind: "lines",
    x: { label: "step", format: "integer" },
    y: { label: clip(own[0]?.name ?? "", 40), format: "number" },
    series: [...groupBy(own, ({ round }) => round)].map(([round, row]) => ({
      name: round === null ? "no round" : `round ${round}`,
      points: row.map(({ step, value }) => ({ x: step, y: value })),
    })),
  }));
}
