/** How good the values are: Q, PPM, and the pairs they make. */
import { type Analysis, ASKED, ASKED_TREE, RUN_AND_ROUND } from "./analysis.ts";

const qByDepth: Analysis = {
  name: "q-by-depth",
  sentence: "How Q, the PPM and success change from the first step to the answer.",
  counting:
    "Over candidates that ran, by depth. mean_q and success leave out those that no rollout gave a value, or that no judged answer " +
    "lies below; q_ppm_correlation is over nodes that have both.",
  parameters: RUN_AND_ROUND,
  sql:
    `SELECT r.name AS run, t.round_no AS round, n.depth, count(*) AS nodes, count(*) FILTER (n.visits > 0) AS explored,
      avg(n.q_value) AS mean_q, stddev_samp(n.q_value) AS deviation_q, avg(n.ppm_logit) AS mean_ppm,
      corr(n.q_value, n.ppm_logit) AS q_ppm_correlation,
      avg(n.right_answers / nullif(n.right_answers + n.wrong_answers, 0)) AS success
    FROM node n JOIN tree t USING (tree_id) JOIN run r USING (run_no)
    WHERE n.kind <> 'root' AND n.status = 'ok' AND ${ASKED_TREE} GROUP BY ALL ORDER BY run, round, depth`,
};

const calibration: Analysis = {
  name: "calibration",
  sentence: "Whether Q and the PPM mean what they say: observed success by bins of either.",
  counting:
    "`q`: views q_calibration over all depths; expected = (Q + 1) / 2. `ppm`: view ppm_calibration over steps and answers; a raw score " +
    "expects nothing by itself, so its success should rise from bin to bin.",
  parameters: RUN_AND_ROUND,
  sql:
    `SELECT run, round, 'q' AS source, bin, sum(steps)::BIGINT AS nodes, sum(expected * steps) / sum(steps) AS expected,
      sum(success * steps) / sum(steps) AS success, sum((success - expected) * steps) / sum(steps) AS difference
    FROM q_calibration WHERE ${ASKED} GROUP BY ALL
    UNION ALL
    SELECT run, round, 'ppm', bin, sum(nodes)::BIGINT, NULL, sum(success * nodes) / sum(nodes), NULL
    FROM ppm_calibration WHERE ${ASKED} GROUP BY ALL
    ORDER BY run, round, source DESC, bin`,
};

const pairYield: Analysis = {
  name: "pair-yield",
  sentence: "How many preference pairs the trees give, and why the other groups give none.",
  counting:
    "`step`: a group is the candidates of one node; `final`: the solutions of one tree. A group is one-sided when only right or only " +
    "wrong answers lie below it, and without a margin when both do but no positive has a higher value than a negative. Tokens are " +
    "those of the whole search.",
  parameters: RUN_AND_ROUND,
  sql: `WITH found AS (
      SELECT run, round, kind, count(*) AS pairs, count(DISTINCT (tree_id, parent_id)) AS giving,
        count(DISTINCT problem_id) AS problems, avg(margin) AS mean_margin
      FROM preference_pairs WHERE ${ASKED} GROUP BY ALL),
    groups AS (
      SELECT t.run_no, t.round_no, g.kind, count(*) AS groups, count(*) FILTER (positive AND NOT negative) AS only_right,
        count(*) FILTER (negative AND NOT positive) AS only_wrong,
        count(*) FILTER (NOT positive AND NOT negative) AS unjudged, count(*) FILTER (positive AND negative) AS mixed
      FROM (
        SELECT tree_id, 'step' AS kind, bool_or(right_answers > 0) AS positive, bool_or(wrong_answers > 0) AS negative
        FROM node WHERE kind IN ('step', 'code_end') AND status = 'ok' GROUP BY tree_id, parent_id
        UNION ALL
        SELECT tree_id, 'final', right_answers > 0, wrong_answers > 0 FROM node WHERE kind = 'root') g
      JOIN tree t USING (tree_id) GROUP BY ALL)
    SELECT r.name AS run, g.round_no AS round, g.kind, coalesce(f.pairs, 0) AS pairs, coalesce(f.problems, 0) AS problems,
      f.pairs / c.trees AS pairs_per_tree, f.pairs / nullif(c.tokens, 0) * 1e6 AS pairs_per_million_tokens, f.mean_margin,
      g.groups, coalesce(f.giving, 0) AS giving, g.only_right, g.only_wrong, g.unjudged,
      g.mixed - coalesce(f.giving, 0) AS without_margin
    FROM groups g JOIN run r USING (run_no) JOIN cost c ON c.run = r.name AND c.round = g.round_no
    LEFT JOIN found f ON f.run = r.name AND f.round = g.round_no AND f.kind = g.kind
    WHERE ($1 IS NULL OR r.name = $1) AND ($2 IS NULL OR g.round_no = $2) ORDER BY run, round, kind DESC`,
};

/** In the order in which they are shown. */
export const VALUE_ANALYSES: readonly Analysis[] = [qByDepth, calibration, pairYield];
