import { z } from "zod";
import { canonicalJson, StoreError } from "../core/mod.ts";
import { appendRows, type Columns } from "./_append.ts";
import type { Database } from "./_database.ts";
import { JsonColumn } from "./_json_column.ts";
import {
  ARTIFACT_KINDS,
  type ArtifactInfo,
  type ArtifactRequest,
  type ArtifactStore,
  type MetricPoint,
} from "./artifact_store.ts";

const Id = z.object({ artifact_id: z.number() });
/** A curve may hold NaN and infinities: a training that diverged is what one wants to see. */
const AnyNumber = z.custom<number>((value) => typeof value === "number");
const Metric = z.object({ step: z.number(), name: z.string(), value: AnyNumber });

const ArtifactRow = z.object({
  artifact_id: z.number(),
  kind: z.enum(ARTIFACT_KINDS),
  run_no: z.number().nullable(),
  round_no: z.number().nullable(),
  role: z.string(),
  location: z.string(),
  sha256: z.string().nullable(),
  n_rows: z.bigint().transform(Number).nullable(),
  meta: JsonColumn,
  parents: z.string(),
  made_ms: z.bigint().transform(Number),
});
const Parents = z.array(z.number());

interface NumberedMetric extends MetricPoint {
  readonly artifactId: number;
}

const METRIC_COLUMNS: Columns<NumberedMetric> = [
  ["artifact_id", (metric) => metric.artifactId],
  ["step", (metric) => metric.step],
  ["name", (metric) => metric.name],
  ["value", (metric) => metric.value],
];

/** Keeps an artifact with its parents and its curve. */
export async function addArtifact(database: Database, request: ArtifactRequest): Promise<number> {
  return await database.transaction(async () => {
    await refuseUnknownParent(database, request.parents);
    const [row] = await database.rows(
      `INSERT INTO artifact(artifact_id, kind, run_no, round_no, role, location, sha256, n_rows, meta, made_at)
       SELECT coalesce(max(artifact_id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8::JSON, now()::TIMESTAMP
       FROM artifact RETURNING artifact_id`,
      [
        request.kind,
        request.runNo,
        request.roundNo,
        request.role,
        request.location,
        request.sha256,
        request.rows,
        canonicalJson(request.meta),
      ],
    );
    const artifactId = Id.parse(row).artifact_id;
    for (const parent of request.parents) {
      await database.run("INSERT INTO artifact_parent VALUES ($1, $2)", [artifactId, parent]);
    }
    await appendRows(database, "metric", {
      columns: METRIC_COLUMNS,
      rows: (request.metrics ?? []).map((metric) => ({ ...metric, artifactId })),
    });
    return artifactId;
  });
}

async function refuseUnknownParent(
  database: Database,
  parents: readonly number[],
): Promise<void> {
  for (const parent of parents) {
    const found = await database.rows("SELECT artifact_id FROM artifact WHERE artifact_id = $1", [
      parent,
    ]);
    if (found.length === 0) throw unknownParent(parent);
  }
}

/** The error of a parent that is no artifact. */
export function unknownParent(parent: number): StoreError {
  return new StoreError(
    `Cannot store an artifact: expected its parent ${parent} to be stored, got none`,
  );
}

/** Artifacts, oldest first. */
export async function listArtifacts(
  database: Database,
  { runNo, roundNo, kind, role }: NonNullable<Parameters<ArtifactStore["artifacts"]>[0]>,
): Promise<readonly ArtifactInfo[]> {
  const rows = await database.rows(
    `SELECT artifact_id, kind, run_no, round_no, role, location, sha256, n_rows, meta::VARCHAR AS meta,
       (SELECT coalesce(to_json(list(parent_id ORDER BY p.rowid)), '[]')::VARCHAR FROM artifact_parent p
        WHERE p.artifact_id = a.artifact_id) AS parents, epoch_ms(made_at) AS made_ms
     FROM artifact a WHERE ($1 IS NULL OR run_no = $1) AND ($2 IS NULL OR round_no = $2)
       AND ($3 IS NULL OR kind = $3) AND ($4 IS NULL OR role = $4) ORDER BY artifact_id`,
    [runNo ?? null, roundNo ?? null, kind ?? null, role ?? null],
  );
  return rows.map((row) => toInfo(ArtifactRow.parse(row)));
}

function toInfo(row: z.infer<typeof ArtifactRow>): ArtifactInfo {
  return {
    artifactId: row.artifact_id,
    kind: row.kind,
    runNo: row.run_no,
    roundNo: row.round_no,
    role: row.role,
    location: row.location,
    sha256: row.sha256,
    rows: row.n_rows,
    meta: row.meta,
    parents: Parents.parse(JSON.parse(row.parents)),
    madeAt: new Date(row.made_ms),
  };
}

/** Training curve of an artifact, by name and step. */
export async function readMetrics(
  database: Database,
  artifactId: number,
): Promise<readonly MetricPoint[]> {
  const rows = await database.rows(
    "SELECT step, name, value FROM metric WHERE artifact_id = $1 ORDER BY name, step, rowid",
    [artifactId],
  );
  return rows.map((row) => Metric.parse(row));
}
