/** Views of what search did: trees, steps, solutions, and what was drawn at each node. */
import { NAMED_NODES, TREE_NAMES } from "./_joins.ts";
import type { View } from "./view.ts";

const trees: View = {
  name: "trees",
  sentence: "One finished search tree: a problem and a seed, in a round of a run.",
  columns: {
    first_correct_rollout: "one-based; NULL where no answer was right",
    stop_reason: "why it stopped growing: budget, early_stop, closed, tokens, time",
    seconds: "from the first request to the last backup",
    price: "by the configured prices; NULL where none is configured",
    open_mass: "probability of the forks that are left; NULL where expansions were samples",
    skipped_forks: "forks that nothing could be drawn behind",
  },
  example:
    "SELECT problem_id, level, solved, rollouts, nodes FROM trees ORDER BY level, problem_id LIMIT 20",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.source, p.level, t.seed, t.solved, t.n_nodes AS nodes,
      t.n_rollouts AS rollouts, t.correct_terminals, t.wrong_terminals, t.first_correct_rollout, t.stop_reason,
      t.prompt_tokens, t.generated_tokens, t.wall_ms / 1000 AS seconds, t.tree_id, t.ppm_tokens, t.executions,
      t.executions_cached, t.policy_seconds, t.ppm_seconds, t.sandbox_seconds, t.price, t.finished_at,
      t.open_mass, t.skipped_forks
    FROM tree t ${TREE_NAMES}`,
};

const problems: View = {
  name: "problems",
  sentence: "One problem in one round of a run: what all of its trees came to.",
  columns: {
    right_trajectories: "answers that were judged right",
    difficulty: "by the share of right trajectories: easy (all), medium (some), hard (none)",
    tokens: "prompt and generated tokens of the policy, and tokens of the PPM",
  },
  example: "SELECT difficulty, count(*) AS problems FROM problems GROUP BY ALL ORDER BY ALL",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.source, p.level, p.question, p.answer AS reference,
      t.trees, t.solved, t.right_trajectories, t.wrong_trajectories,
      CASE WHEN t.right_trajectories = 0 THEN 'hard' WHEN t.wrong_trajectories = 0 THEN 'easy' ELSE 'medium' END
        AS difficulty,
      t.rollouts, t.nodes, t.tokens, t.seconds
    FROM (SELECT run_no, round_no, problem_no, count(*) AS trees, bool_or(solved) AS solved,
        sum(correct_terminals)::BIGINT AS right_trajectories, sum(wrong_terminals)::BIGINT AS wrong_trajectories,
        sum(n_rollouts)::BIGINT AS rollouts, sum(n_nodes)::BIGINT AS nodes,
        sum(prompt_tokens + generated_tokens + ppm_tokens)::BIGINT AS tokens, sum(wall_ms) / 1000 AS seconds
      FROM tree GROUP BY ALL) t ${TREE_NAMES}`,
};

const steps: View = {
  name: "steps",
  sentence:
    "One node of a tree, the root left out: a step, the end of the code, an answer, or a failed candidate.",
  columns: {
    node_id: "position in its tree; parents come before their children",
    parent_id: "0 is the root; the steps above are listed by `path_of(tree_id, node_id)`",
    kind: "step, code_end, answer, failed",
    status: "ok, or why it ended there: code_error, too_deep, unparsable, truncated, screened_out",
    step_text: "the segment as the policy wrote it",
    visits: "k: rollouts that passed through",
    q_value:
      "Q in [-1, 1]: of an answer that was judged 1 or -1, of a failed candidate -1; NULL where no rollout passed and no PPM scored",
    ppm_logit:
      "raw score of the PPM; NULL without one, and of an answer that was judged: it is asked for none",
    multiplicity: "equal candidates that were merged into this one",
    path_q: "mean Q from the first step to this one",
    path_min_q: "smallest Q from the first step to this one",
    right_answers: "answers at or below this step that were judged right",
    value_sum: "w: sum of the end values of its rollouts",
    policy_logprob:
      "logarithm of the probability of the step behind its parent, in all its drawn texts; NULL where expansions were samples",
    mass: "share of the policy's texts that the step stands for; NULL as above",
    mass_q: "mean end value below the step by mass, in [-1, 1]; q_value is that by rollouts",
  },
  example:
    "SELECT step_text, q_value, visits, stdout FROM steps ORDER BY visits DESC, tree_id, node_id LIMIT 5",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, n.node_id, n.parent_id, n.depth, n.kind,
      n.status, n.step_text, n.code, n.execution, n.stdout, n.error_type, n.error_message, n.visits, n.q_value,
      n.ppm_logit, n.multiplicity, n.terminal, n.correct, n.answer, n.generated_tokens, n.tree_id, n.value_sum,
      n.path_q, n.path_min_q, n.right_answers, n.wrong_answers, n.draw_index, n.exec_ms, n.cached,
      n.policy_logprob, n.mass, n.mass_q
    ${NAMED_NODES} WHERE n.kind <> 'root'`,
};

const trajectories: View = {
  name: "trajectories",
  sentence: "One finished solution: the path from the root to an answer that was read and judged.",
  columns: {
    leaf_id: "node of the answer",
    steps: "segments from the first step to the answer",
    correct: "NULL at test time, where nothing is judged",
    mean_q: "mean Q over its steps",
    min_q: "smallest Q over its steps",
    ppm_logit:
      "raw score of the PPM for the whole solution; NULL without one, and where it was judged: its program's score is in steps",
  },
  example:
    "SELECT problem_id, correct, answer, reference, mean_q, min_q FROM trajectories ORDER BY mean_q DESC LIMIT 10",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, n.node_id AS leaf_id, n.depth AS steps,
      n.correct, n.answer, p.answer AS reference, n.path_q AS mean_q, n.ppm_logit, n.visits, n.tree_id,
      n.path_min_q AS min_q
    ${NAMED_NODES} WHERE n.kind = 'answer' AND n.status = 'ok'`,
};

const siblingGroups: View = {
  name: "sibling_groups",
  sentence: "The candidates that were drawn at one node, judged against one another.",
  columns: {
    parent_id: "node they were drawn at; 0 is the root",
    depth: "of the candidates",
    drawn: "candidates before equal ones were merged",
    failed: "candidates that did not run, could not be read, or were too long",
    explored: "candidates that a rollout passed through",
    positives: "candidates with a right answer below",
    negatives: "candidates with a wrong answer below",
    top_share: "share of the visits that went to the most visited one",
  },
  example:
    "SELECT depth, avg(candidates), avg(explored), avg(best_q - worst_q) FROM sibling_groups GROUP BY ALL ORDER BY 1",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, g.parent_id, g.depth, g.candidates, g.drawn,
      g.failed, g.explored, g.positives, g.negatives, g.best_q, g.worst_q, g.visits, g.top_share, t.tree_id
    FROM (SELECT tree_id, parent_id, min(depth) AS depth, count(*) AS candidates, sum(multiplicity)::BIGINT AS drawn,
        count(*) FILTER (status NOT IN ('ok', 'screened_out')) AS failed, count(*) FILTER (visits > 0) AS explored,
        count(*) FILTER (right_answers > 0) AS positives, count(*) FILTER (wrong_answers > 0) AS negatives,
        max(q_value) FILTER (status = 'ok') AS best_q, min(q_value) FILTER (status = 'ok') AS worst_q,
        sum(visits)::BIGINT AS visits, max(visits) / nullif(sum(visits), 0) AS top_share
      FROM node WHERE parent_id IS NOT NULL GROUP BY tree_id, parent_id) g
    JOIN tree t USING (tree_id) ${TREE_NAMES}`,
};

/** In the order in which they are shown. */
export const SEARCH_VIEWS: readonly View[] = [trees, problems, steps, trajectories, siblingGroups];
