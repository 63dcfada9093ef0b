import { z } from "zod";
import {
  EXECUTION_STATUSES,
  NODE_KINDS,
  NODE_STATUSES,
  type NodeRecord,
  STOP_REASONS,
  type TreeRecord,
} from "../core/mod.ts";
import type { Database } from "./_database.ts";

/** DuckDB gives 64-bit columns as bigint. */
const count = z.union([z.number(), z.bigint()]).transform(Number);

const TreeRow = z.object({
  stop_reason: z.enum(STOP_REASONS),
  correct_terminals: count,
  wrong_terminals: count,
  first_correct_rollout: count.nullable(),
  policy_requests: count,
  prompt_tokens: count,
  generated_tokens: count,
  ppm_requests: count,
  ppm_tokens: count,
  executions: count,
  executions_cached: count,
  policy_seconds: z.number(),
  ppm_seconds: z.number(),
  sandbox_seconds: z.number(),
  price: z.number().nullable(),
  wall_ms: z.number(),
  open_mass: z.number().nullable(),
  skipped_forks: count.nullable(),
});

const NodeRow = z.object({
  node_id: count,
  parent_id: count.nullable(),
  depth: count,
  kind: z.enum(NODE_KINDS),
  status: z.enum(NODE_STATUSES),
  step_text: z.string(),
  code: z.string().nullable(),
  execution: z.enum(EXECUTION_STATUSES).nullable(),
  stdout: z.string().nullable(),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  error_line: count.nullable(),
  exec_ms: z.number().nullable(),
  cpu_ms: z.number().nullable(),
  cached: z.boolean().nullable(),
  visits: count,
  value_sum: z.number(),
  ppm_logit: z.number().nullable(),
  q_value: z.number().nullable(),
  path_q: z.number().nullable(),
  multiplicity: count,
  draw_index: count,
  terminal: z.boolean(),
  closed: z.boolean(),
  correct: z.boolean().nullable(),
  answer: z.string().nullable(),
  generated_tokens: count,
  policy_logprob: z.number().nullable(),
  mass: z.number().nullable(),
  mass_q: z.number().nullable(),
});

const RolloutRow = z.object({ leaf_id: count.nullable(), value: z.number() });

/** A stored tree as it was written; `null` if it is not there. */
export async function readTree(
  database: Database,
  treeId: bigint,
  key: { readonly problemId: string; readonly seed: number },
): Promise<TreeRecord | null> {
  const id = [String(treeId)];
  const [found] = await database.rows("SELECT * FROM tree WHERE tree_id = $1::UBIGINT", id);
  if (found === undefined) return null;
  const tree = TreeRow.parse(found);
  const nodes = await database.rows(
    "SELECT * FROM node WHERE tree_id = $1::UBIGINT ORDER BY node_id",
    id,
  );
  const rollouts = await database.rows(
    "SELECT leaf_id, value FROM rollout WHERE tree_id = $1::UBIGINT ORDER BY rollout_no",
    id,
  );
  return {
    problemId: key.problemId,
    seed: key.seed,
    nodes: nodes.map((row) => toNode(NodeRow.parse(row))),
    rollouts: rollouts.map((row) => RolloutRow.parse(row))
      .map(({ leaf_id, value }) => ({ leafId: leaf_id, value })),
    stopReason: tree.stop_reason,
    correctTerminals: tree.correct_terminals,
    wrongTerminals: tree.wrong_terminals,
    firstCorrectRollout: tree.first_correct_rollout,
    usage: {
      policyRequests: tree.policy_requests,
      promptTokens: tree.prompt_tokens,
      generatedTokens: tree.generated_tokens,
      ppmRequests: tree.ppm_requests,
      ppmTokens: tree.ppm_tokens,
      executions: tree.executions,
      executionsCached: tree.executions_cached,
      policySeconds: tree.policy_seconds,
      ppmSeconds: tree.ppm_seconds,
      sandboxSeconds: tree.sandbox_seconds,
      price: tree.price,
    },
    wallMs: tree.wall_ms,
    ...(tree.open_mass === null
      ? {}
      : { forks: { openMass: tree.open_mass, skipped: tree.skipped_forks ?? 0 } }),
  };
}

function toNode(row: z.infer<typeof NodeRow>): NodeRecord {
  return {
    nodeId: row.node_id,
    parentId: row.parent_id,
    depth: row.depth,
    kind: row.kind,
    status: row.status,
    text: row.step_text,
    code: row.code,
    execution: row.execution === null ? null : {
      status: row.execution,
      stdout: row.stdout ?? "",
      errorType: row.error_type,
      errorMessage: row.error_message,
      errorLine: row.error_line,
      wallMs: row.exec_ms ?? 0,
      cpuMs: row.cpu_ms ?? 0,
      cached: row.cached ?? false,
    },
    visits: row.visits,
    valueSum: row.value_sum,
    ppmLogit: row.ppm_logit,
    qValue: row.q_value,
    pathQ: row.path_q,
    multiplicity: row.multiplicity,
    drawIndex: row.draw_index,
    terminal: row.terminal,
    closed: row.closed,
    correct: row.correct,
    answer: row.answer,
    generatedTokens: row.generated_tokens,
    ...(row.mass === null || row.policy_logprob === null ? {} : {
      forks: { policyLogprob: row.policy_logprob, mass: row.mass, massQ: row.mass_q },
    }),
  };
}
