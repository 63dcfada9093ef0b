import { z } from "zod";
import { measured, readRows, type ReportContext } from "../_context.ts";
import { emptySection, type Section } from "../document.ts";

const costRow = z.object({
  round: z.number(),
  solved: z.number(),
  traces: z.number(),
  pairs: z.number(),
  prompt_tokens: z.number(),
  generated_tokens: z.number(),
  ppm_tokens: z.number(),
  executions: z.number(),
  executions_cached: z.number(),
  seconds: z.number(),
  policy_seconds: z.number(),
  ppm_seconds: z.number(),
  sandbox_seconds: z.number(),
  price: measured,
  tokens_per_solved: measured,
  tokens_per_trace: measured,
  tokens_per_pair: measured,
  seconds_per_solved: measured,
  price_per_solved: measured,
});

const HEAD = { id: "cost", title: "What it cost" };

/** Tokens, seconds and price, in all and per result. */
export async function costSection({ reader, run }: ReportContext): Promise<Section> {
  const rows = await readRows(reader, costRow, {
    sql:
      `SELECT c.round, solved, traces, coalesce(pairs, 0) AS pairs, prompt_tokens, generated_tokens, ppm_tokens, executions,
        executions_cached, seconds, policy_seconds, ppm_seconds, sandbox_seconds, price, tokens_per_solved, tokens_per_trace,
        tokens / pairs AS tokens_per_pair, seconds_per_solved, price_per_solved
      FROM cost c LEFT JOIN (SELECT round, count(*) AS pairs FROM preference_pairs WHERE run = $1 GROUP BY ALL) p USING (round)
      WHERE c.run = $1 ORDER BY round`,
    parameters: [run],
  });
  if (rows.length === 0) return emptySection({ ...HEAD, lead: "The run has no finished tree." });
  return {
    ...HEAD,
    lead:
      "Tokens are prompt and generated tokens of the policy and tokens of the PPM, discarded draws included. Seconds are those of all trees " +
      "added up; trees that grew at the same time count each. Waiting times include queues. Pairs follow the paper's rule.",
    blocks: [
      {
        type: "table",
        id: "cost",
        title: "In all",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "prompt_tokens", label: "prompt tokens", format: "integer" },
          { key: "generated_tokens", label: "generated tokens", format: "integer" },
          { key: "ppm_tokens", label: "PPM tokens", format: "integer" },
          { key: "executions", label: "executions", format: "integer" },
          { key: "executions_cached", label: "answered from cache", format: "integer" },
          { key: "seconds", label: "tree seconds", format: "number" },
          { key: "policy_seconds", label: "waiting for policy, s", format: "number" },
          { key: "ppm_seconds", label: "for PPM, s", format: "number" },
          { key: "sandbox_seconds", label: "for sandbox, s", format: "number" },
          { key: "price", label: "price", format: "number" },
        ],
        rows,
      },
      {
        type: "table",
        id: "cost_per_result",
        title: "Per result",
        columns: [
          { key: "round", label: "round", format: "integer" },
          { key: "solved", label: "solved problems", format: "integer" },
          { key: "traces", label: "right solutions", format: "integer" },
          { key: "pairs", label: "pairs", format: "integer" },
          { key: "tokens_per_solved", label: "tokens per solved problem", format: "integer" },
          { key: "tokens_per_trace", label: "per right solution", format: "integer" },
          { key: "tokens_per_pair", label: "per pair", format: "integer" },
          { key: "seconds_per_solved", label: "seconds per solved problem", format: "number" },
          { key: "price_per_solved", label: "price per solved problem", format: "number" },
        ],
        rows,
      },
    ],
  };
}
