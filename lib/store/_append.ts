import { DuckDBDataChunk, type DuckDBValue } from "@duckdb/node-api";
import type { NodeRecord, RolloutRecord, TreeRecord } from "../core/mod.ts";
import type { Database } from "./_database.ts";

/** A tree that passed the gate, with its id. */
export interface FreshTree {
  readonly treeId: bigint;
  readonly tree: TreeRecord;
}

/** Appending is synchronous: chunks of one DuckDB vector keep the event loop turning. */
const MAX_CHUNK_ROWS = 2_048;

/** How the value of each column follows from a record, in the order of the table. */
type Columns<R> = readonly (readonly [name: string, value: (record: R) => DuckDBValue])[];

const NODE_COLUMNS: Columns<NodeRecord> = [
  ["node_id", (node) => node.nodeId],
  ["parent_id", (node) => node.parentId],
  ["depth", (node) => node.depth],
  ["kind", (node) => node.kind],
  ["status", (node) => node.status],
  ["step_text", (node) => node.text],
  ["code", (node) => node.code],
  ["execution", (node) => node.execution?.status ?? null],
  ["stdout", (node) => node.execution?.stdout ?? null],
  ["error_type", (node) => node.execution?.errorType ?? null],
  ["error_message", (node) => node.execution?.errorMessage ?? null],
  ["error_line", (node) => node.execution?.errorLine ?? null],
  ["exec_ms", (node) => node.execution?.wallMs ?? null],
  ["cpu_ms", (node) => node.execution?.cpuMs ?? null],
  ["cached", (node) => node.execution?.cached ?? null],
  ["visits", (node) => node.visits],
  ["value_sum", (node) => node.valueSum],
  ["ppm_logit", (node) => node.ppmLogit],
  ["q_value", (node) => node.qValue],
  ["path_q", (node) => node.pathQ],
  ["multiplicity", (node) => node.multiplicity],
  ["draw_index", (node) => node.drawIndex],
  ["terminal", (node) => node.terminal],
  ["closed", (node) => node.closed],
  ["correct", (node) => node.correct],
  ["answer", (node) => node.answer],
  ["generated_tokens", (node) => node.generatedTokens],
];

interface NumberedRollout extends RolloutRecord {
  readonly rolloutNo: number;
}

const ROLLOUT_COLUMNS: Columns<NumberedRollout> = [
  ["rollout_no", (rollout) => rollout.rolloutNo],
  ["leaf_id", (rollout) => rollout.leafId],
  ["value", (rollout) => rollout.value],
];

/** Appends nodes and rollouts of trees inside the current transaction, column by column. */
export async function appendTrees(database: Database, trees: readonly FreshTree[]): Promise<void> {
  await appendRecords(
    database,
    "node",
    { columns: NODE_COLUMNS, trees, records: (tree) => tree.nodes },
  );
  await appendRecords(database, "rollout", {
    columns: ROLLOUT_COLUMNS,
    trees,
    records: (tree) => tree.rollouts.map((rollout, rolloutNo) => ({ ...rollout, rolloutNo })),
  });
}

interface AppendOptions<R> {
  readonly columns: Columns<R>;
  readonly trees: readonly FreshTree[];
  readonly records: (tree: TreeRecord) => readonly R[];
}

/** Rows of a batch share their chunks, so that small trees do not make small chunks. */
async function appendRecords<R>(
  database: Database,
  table: string,
  { columns, trees, records }: AppendOptions<R>,
): Promise<void> {
  const rows = trees.flatMap(({ treeId, tree }) =>
    records(tree).map((record) => ({ treeId, record }))
  );
  if (rows.length === 0) return;
  const appender = await database.connection.createAppender(table);
  try {
    const types = Array.from({ length: columns.length + 1 }, (_, i) => appender.columnType(i));
    for (let from = 0; from < rows.length; from += MAX_CHUNK_ROWS) {
      const part = rows.slice(from, from + MAX_CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns([
        part.map(({ treeId }) => treeId),
        ...columns.map(([, value]) => part.map(({ record }) => value(record))),
      ]);
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}
