import { DuckDBDataChunk, DuckDBTimestampValue, type DuckDBValue } from "@duckdb/node-api";
import type { NodeRecord, RolloutRecord, TreeRecord } from "../core/mod.ts";
import type { Database } from "./_database.ts";
import type { Derived, DerivedNode } from "./_derive.ts";
import { type TreeKey, unpackTreeId } from "./tree_id.ts";

/** A tree that passed the gate, with its id. */
export interface FreshTree {
  readonly treeId: bigint;
  readonly tree: TreeRecord;
  readonly nodes: readonly DerivedNode[];
}

/** Appending is synchronous: chunks of one DuckDB vector keep the event loop turning. */
const MAX_CHUNK_ROWS = 2_048;

/** How the value of each column follows from a record, in the order of the table. */
export type Columns<R> = readonly (readonly [name: string, value: (record: R) => DuckDBValue])[];

interface KeyedTree extends TreeKey {
  readonly tree: TreeRecord;
  readonly finishedAt: DuckDBTimestampValue;
}

const TREE_COLUMNS: Columns<KeyedTree> = [
  ["run_no", (row) => row.runNo],
  ["round_no", (row) => row.roundNo],
  ["problem_no", (row) => row.problemNo],
  ["seed", (row) => row.seed],
  ["n_nodes", ({ tree }) => tree.nodes.length],
  ["n_rollouts", ({ tree }) => tree.rollouts.length],
  ["solved", ({ tree }) => tree.correctTerminals > 0],
  ["correct_terminals", ({ tree }) => tree.correctTerminals],
  ["wrong_terminals", ({ tree }) => tree.wrongTerminals],
  ["first_correct_rollout", ({ tree }) => tree.firstCorrectRollout],
  ["stop_reason", ({ tree }) => tree.stopReason],
  ["policy_requests", ({ tree }) => tree.usage.policyRequests],
  ["prompt_tokens", ({ tree }) => BigInt(tree.usage.promptTokens)],
  ["generated_tokens", ({ tree }) => BigInt(tree.usage.generatedTokens)],
  ["ppm_requests", ({ tree }) => tree.usage.ppmRequests],
  ["ppm_tokens", ({ tree }) => BigInt(tree.usage.ppmTokens)],
  ["executions", ({ tree }) => tree.usage.executions],
  ["executions_cached", ({ tree }) => tree.usage.executionsCached],
  ["policy_seconds", ({ tree }) => tree.usage.policySeconds],
  ["ppm_seconds", ({ tree }) => tree.usage.ppmSeconds],
  ["sandbox_seconds", ({ tree }) => tree.usage.sandboxSeconds],
  ["price", ({ tree }) => tree.usage.price],
  ["wall_ms", ({ tree }) => tree.wallMs],
  ["finished_at", (row) => row.finishedAt],
  ["open_mass", ({ tree }) => tree.forks?.openMass ?? null],
  ["skipped_forks", ({ tree }) => tree.forks?.skipped ?? null],
];

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

/** Columns that follow from a node's place in its tree, written once so that no query has to walk the tree. */
const DERIVED_COLUMNS: Columns<Derived> = [
  ["path_min_q", (derived) => derived.pathMinQ],
  ["right_answers", (derived) => derived.rightAnswers],
  ["wrong_answers", (derived) => derived.wrongAnswers],
];

/** Columns of a node that grew from forks; they stand behind the derived ones, as the schema grew. */
const FORK_COLUMNS: Columns<NodeRecord> = [
  ["policy_logprob", ({ forks }) => forks?.policyLogprob ?? null],
  ["mass", ({ forks }) => forks?.mass ?? null],
  ["mass_q", ({ forks }) => forks?.massQ ?? null],
];

interface NumberedRollout extends RolloutRecord {
  readonly rolloutNo: number;
}

const ROLLOUT_COLUMNS: Columns<NumberedRollout> = [
  ["rollout_no", (rollout) => rollout.rolloutNo],
  ["leaf_id", (rollout) => rollout.leafId],
  ["value", (rollout) => rollout.value],
];

/** Appends trees with their nodes and rollouts inside the current transaction, column by column. */
export async function appendTrees(database: Database, trees: readonly FreshTree[]): Promise<void> {
  const finishedAt = new DuckDBTimestampValue(BigInt(Date.now()) * 1_000n);
  await appendRecords(database, "tree", {
    columns: TREE_COLUMNS,
    trees,
    records: ({ treeId, tree }) => [{ ...unpackTreeId(treeId), tree, finishedAt }],
  });
  await appendRecords(database, "node", {
    columns: [
      ...NODE_COLUMNS.map(([name, value]) =>
        [name, ({ node }: DerivedNode) => value(node)] as const
      ),
      ...DERIVED_COLUMNS.map(([name, value]) =>
        [name, ({ derived }: DerivedNode) => value(derived)] as const
      ),
      ...FORK_COLUMNS.map(([name, value]) =>
        [name, ({ node }: DerivedNode) => value(node)] as const
      ),
    ],
    trees,
    records: ({ nodes }) => nodes,
  });
  await appendRecords(database, "rollout", {
    columns: ROLLOUT_COLUMNS,
    trees,
    records: ({ tree }) => tree.rollouts.map((rollout, rolloutNo) => ({ ...rollout, rolloutNo })),
  });
}

/** Rows of a batch share their chunks, so that small trees do not make small chunks. */
async function appendRecords<R>(
  database: Database,
  table: string,
  { columns, trees, records }: {
    readonly columns: Columns<R>;
    readonly trees: readonly FreshTree[];
    readonly records: (tree: FreshTree) => readonly R[];
  },
): Promise<void> {
  await appendRows(database, table, {
    columns: [
      ["tree_id", ({ treeId }) => treeId],
      ...columns.map(([name, value]) =>
        [name, ({ record }: { readonly record: R }) => value(record)] as const
      ),
    ],
    rows: trees.flatMap((tree) => records(tree).map((record) => ({ treeId: tree.treeId, record }))),
  });
}

/** Rows of a table. */
export interface AppendOptions<R> {
  /** Every column, in the order of the table. */
  readonly columns: Columns<R>;
  readonly rows: readonly R[];
  /** `temp` for a temporary table. @default the database's own */
  readonly catalog?: "temp";
}

/** Appends rows column by column inside the current transaction. */
export async function appendRows<R>(
  database: Database,
  table: string,
  { columns, rows, catalog }: AppendOptions<R>,
): Promise<void> {
  if (rows.length === 0) return;
  const appender = await database.connection.createAppender(table, "main", catalog ?? null);
  try {
    const types = columns.map((_, i) => appender.columnType(i));
    for (let from = 0; from < rows.length; from += MAX_CHUNK_ROWS) {
      const part = rows.slice(from, from + MAX_CHUNK_ROWS);
      const chunk = DuckDBDataChunk.create(types, part.length);
      chunk.setColumns(columns.map(([, value]) => part.map(value)));
      appender.appendDataChunk(chunk);
    }
  } finally {
    appender.closeSync();
  }
}
