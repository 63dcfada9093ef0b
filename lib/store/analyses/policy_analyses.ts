/** Analyses of the policy that a search drew from: what it would write, and how much of it was drawn again. */
import { type Analysis, ASKED_TREE, RUN_AND_ROUND } from "./analysis.ts";

const policyWrites: Analysis = {
  name: "policy-writes",
  sentence:
    "What the policy would write for each problem: how often a right answer, a wrong one, a failure; of trees that grew from forks.",
  counting:
    "right, wrong and failed add up to 1: the shares of the policy's texts that drawn ones stand for, by mass, a mean over the trees of the problem. seen_* is exact: " +
    "the probability of the texts that were drawn. open is that of the forks that are left; what is missing to 1 lies beyond the " +
    "alternatives. The least known problems come first.",
  parameters: ["run", "round", "limit"],
  sql: `WITH RECURSIVE down AS (
      SELECT n.tree_id, n.node_id, n.policy_logprob AS logprob FROM node n WHERE n.kind = 'root' AND n.mass IS NOT NULL
      UNION ALL
      SELECT n.tree_id, n.node_id, d.logprob + n.policy_logprob
      FROM down d JOIN node n ON n.tree_id = d.tree_id AND n.parent_id = d.node_id),
    ends AS (
      SELECT n.tree_id,
        CASE WHEN n.correct THEN 'right' WHEN n.correct = false THEN 'wrong' ELSE 'failed' END AS outcome,
        n.mass, exp(d.logprob) AS seen
      FROM node n JOIN down d USING (tree_id, node_id)
      WHERE n.correct IS NOT NULL OR (n.terminal AND n.status <> 'ok')),
    per_tree AS (
      SELECT tree_id, sum(mass) FILTER (outcome = 'right') AS "right", sum(mass) FILTER (outcome = 'wrong') AS wrong,
        sum(mass) FILTER (outcome = 'failed') AS failed, sum(seen) FILTER (outcome = 'right') AS seen_right,
        sum(seen) FILTER (outcome = 'wrong') AS seen_wrong, sum(seen) FILTER (outcome = 'failed') AS seen_failed
      FROM ends GROUP BY ALL)
    SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, count(*) AS trees,
      avg(coalesce(e."right", 0)) AS "right", avg(coalesce(e.wrong, 0)) AS wrong, avg(coalesce(e.failed, 0)) AS failed,
      avg(coalesce(e.seen_right, 0)) AS seen_right, avg(coalesce(e.seen_wrong, 0)) AS seen_wrong,
      avg(coalesce(e.seen_failed, 0)) AS seen_failed, avg(t.open_mass) AS open
    FROM per_tree e JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) JOIN run r USING (run_no)
    WHERE t.open_mass IS NOT NULL AND ${ASKED_TREE}
    GROUP BY ALL ORDER BY open DESC, run, round, p.problem_id LIMIT $3`,
};

const repeats: Analysis = {
  name: "repeats",
  sentence:
    "Tokens that brought nothing new: draws that were merged into steps which their tree had already.",
  counting:
    "generated_tokens are all that the policy generated in search; kept_tokens those of the first text of every node. The difference " +
    "repeats known code or answers. draws counts every candidate, nodes the different ones.",
  parameters: RUN_AND_ROUND,
  sql:
    `SELECT r.name AS run, t.round_no AS round, count(*) AS trees, sum(t.generated_tokens)::BIGINT AS generated_tokens,
      sum(n.kept)::BIGINT AS kept_tokens, sum(t.generated_tokens)::BIGINT - sum(n.kept)::BIGINT AS repeated_tokens,
      (sum(t.generated_tokens) - sum(n.kept)) / nullif(sum(t.generated_tokens), 0) AS share_repeated, sum(n.draws)::BIGINT AS draws,
      sum(n.nodes)::BIGINT AS nodes
    FROM tree t JOIN (
      SELECT tree_id, sum(generated_tokens) AS kept, sum(multiplicity) AS draws, count(*) AS nodes
      FROM node WHERE kind <> 'root' GROUP BY ALL) n USING (tree_id)
    JOIN run r USING (run_no)
    WHERE ${ASKED_TREE} GROUP BY ALL ORDER BY run, round`,
};

/** In the order in which they are shown. */
export const POLICY_ANALYSES: readonly Analysis[] = [policyWrites, repeats];
