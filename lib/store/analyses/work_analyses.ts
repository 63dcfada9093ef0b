/** Analyses of what went wrong and what it cost. */
import { type Analysis, ASKED, RUN_AND_ROUND } from "./analysis.ts";

const errors: Analysis = {
  name: "errors",
  sentence: "Failed candidates by kind, the most frequent first.",
  counting: "View errors. The share is of all candidates of the round.",
  parameters: RUN_AND_ROUND,
  sql: `SELECT run, round, status, execution, error_type, candidates, share, problems, seconds,
      coalesce(example_message, CASE status WHEN 'unparsable' THEN 'not in the format of a step or answer'
        WHEN 'truncated' THEN 'cut at the limit of tokens' WHEN 'too_deep' THEN 'no room below it' ELSE coalesce(execution, status::VARCHAR) END)
        AS example_message,
      CASE WHEN regexp_matches(example_text, '\\S') THEN example_text ELSE '(an empty text)' END AS example_text, example_tree_id, example_node_id
    FROM errors WHERE ${ASKED} ORDER BY run, round, candidates DESC`,
};

const cost: Analysis = {
  name: "cost",
  sentence:
    "Tokens, seconds and price of each round: in all, per solved problem, per right solution and per preference pair.",
  counting:
    "View cost and view preference_pairs. Tokens are prompt and generated tokens of the policy and tokens of the PPM; seconds are those " +
    "of all trees added up.",
  parameters: RUN_AND_ROUND,
  sql:
    `SELECT run, round, trees, problems, solved, traces, coalesce(p.pairs, 0) AS pairs, tokens, seconds, price,
      tokens_per_solved, tokens_per_trace, tokens / p.pairs AS tokens_per_pair, seconds_per_solved, seconds_per_trace,
      seconds / p.pairs AS seconds_per_pair, price_per_solved, price_per_trace, price / p.pairs AS price_per_pair
    FROM cost LEFT JOIN (SELECT run, round, count(*) AS pairs FROM preference_pairs GROUP BY ALL) p USING (run, round)
    WHERE ${ASKED} ORDER BY run, round`,
};

const hardest: Analysis = {
  name: "hardest",
  sentence:
    "Problems that search failed at or barely solved, with the wrong answer it gave most often.",
  counting:
    "By run and round: the lowest share of right solutions first, then the most rollouts spent. Solutions are answers that were judged.",
  parameters: ["run", "round", "limit"],
  sql:
    `SELECT run, round, problem_id, level, trees, rollouts, right_trajectories, wrong_trajectories,
      right_trajectories / nullif(right_trajectories + wrong_trajectories, 0) AS share_right, reference,
      usual_wrong_answer, tokens, question
    FROM problems LEFT JOIN (
      SELECT r.name AS run, t.round_no AS round, p.problem_id, mode(n.answer ORDER BY n.tree_id, n.node_id) AS usual_wrong_answer
      FROM node n JOIN tree t USING (tree_id) JOIN problem p USING (problem_no) JOIN run r USING (run_no)
      WHERE n.correct = false GROUP BY ALL) USING (run, round, problem_id)
    WHERE ${ASKED} ORDER BY share_right NULLS FIRST, rollouts DESC, run, round, problem_id LIMIT $3`,
};

/** In the order in which they are shown. */
export const WORK_ANALYSES: readonly Analysis[] = [errors, cost, hardest];
