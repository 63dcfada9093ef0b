/** Views of what can be learned from the trees, and of how far their values can be trusted. */
import { TREE_NAMES } from "./_joins.ts";
import type { View } from "./view.ts";

/**
 * Ranks candidates that can be positive or negative, within one prefix or one tree, and crosses the two best with the two worst.
 * A node may be among both; it is never paired with itself, because the margin must be positive.
 */
function pairsOf(
  { kind, among, where, q }: {
    readonly kind: "step" | "final";
    /** Columns that the two sides of a pair share. */
    readonly among: string;
    readonly where: string;
    readonly q: string;
  },
): string {
  const side = (condition: string, order: string) =>
    `SELECT tree_id, parent_id, node_id, depth, ${q} AS q, visits FROM node
      WHERE ${where} AND ${condition} AND ${q} IS NOT NULL
      QUALIFY row_number() OVER (PARTITION BY ${among} ORDER BY ${q} ${order}, node_id) <= 2`;
  return `WITH positive AS (${side("right_answers > 0", "DESC")}), negative AS (${
    side("wrong_answers > 0", "ASC")
  })
    SELECT tree_id, '${kind}' AS kind, ${
    kind === "step" ? "parent_id" : "NULL"
  } AS parent_id, p.depth,
      p.node_id AS positive_id, n.node_id AS negative_id, p.q AS positive_q, n.q AS negative_q,
      p.visits AS positive_visits, n.visits AS negative_visits
    FROM positive p JOIN negative n USING (${among}) WHERE p.q > n.q`;
}

const preferencePairs: View = {
  name: "preference_pairs",
  sentence:
    "A preference pair by the paper's rule: two best candidates with a right answer below against two worst with a wrong one, " +
    "drawn at the same node; for whole solutions, the two right ones of highest mean Q against the two wrong ones of lowest.",
  columns: {
    kind: "step: two candidates at one node; final: two whole solutions of one tree",
    parent_id: "node both were drawn at; NULL for whole solutions",
    depth: "of the positive",
    positive_id: "node of the better one; its text is in `steps`",
    positive_q:
      "the search's own Q (mixed with the PPM where there is one); for whole solutions the mean Q",
    margin: "positive_q - negative_q, always above 0",
  },
  example: "SELECT p.step_text AS better, n.step_text AS worse, margin " +
    "FROM (SELECT * FROM preference_pairs WHERE kind = 'step' ORDER BY margin DESC, tree_id LIMIT 5) pair " +
    "JOIN node p ON p.tree_id = pair.tree_id AND p.node_id = positive_id " +
    "JOIN node n ON n.tree_id = pair.tree_id AND n.node_id = negative_id",
  sql:
    `SELECT r.name AS run, t.round_no AS round, p.problem_id, p.level, t.seed, pair.kind, pair.parent_id, pair.depth,
      pair.positive_id, pair.negative_id, pair.positive_q, pair.negative_q, pair.positive_q - pair.negative_q AS margin,
      pair.positive_visits, pair.negative_visits, t.tree_id
    FROM ((${
      pairsOf({
        kind: "step",
        among: "tree_id, parent_id",
        where: "kind IN ('step', 'code_end') AND status = 'ok'",
        q: "q_value",
      })
    }) UNION ALL (${
      pairsOf({
        kind: "final",
        among: "tree_id",
        where: "kind = 'answer' AND status = 'ok'",
        q: "path_q",
      })
    })) pair JOIN tree t USING (tree_id) ${TREE_NAMES}`,
};

const qCalibration: View = {
  name: "q_calibration",
  sentence:
    "Q against observed success, by depth and by bins of Q: over steps with a judged answer below, the expected and the real share " +
    "of right ones. Q and answers come from the same rollouts, so this shows consistency, not foresight.",
  columns: {
    bin: "lower edge; bins are 0.2 wide, the last one includes 1",
    mean_q: "mean Q of the bin's steps",
    expected: "share of right answers that this Q stands for: (Q + 1) / 2",
    success: "mean share of right answers below the bin's steps",
  },
  example:
    "SELECT bin, sum(steps) AS steps, avg(expected), avg(success) FROM q_calibration GROUP BY ALL ORDER BY bin",
  sql:
    `SELECT r.name AS run, c.round_no AS round, c.depth, c.bin, c.steps, c.answers, c.mean_q, (c.mean_q + 1) / 2 AS expected,
      c.success
    FROM (SELECT t.run_no, t.round_no, n.depth, least(floor((n.q_value + 1) * 5), 9) / 5 - 1 AS bin, count(*) AS steps,
        sum(n.right_answers + n.wrong_answers)::BIGINT AS answers, avg(n.q_value) AS mean_q,
        avg(n.right_answers / (n.right_answers + n.wrong_answers)) AS success
      FROM node n JOIN tree t USING (tree_id)
      WHERE n.kind IN ('step', 'code_end') AND n.right_answers + n.wrong_answers > 0 AND n.q_value IS NOT NULL
      GROUP BY ALL) c JOIN run r USING (run_no)`,
};

const ppmCalibration: View = {
  name: "ppm_calibration",
  sentence:
    "Raw scores of the PPM against observed success, by kind and by bins of the score: over scored nodes with a judged answer at or " +
    "below them, the share of right ones. The PPM scored before any of them was known.",
  columns: {
    kind:
      "step, code_end (the program and its output), or answer (the whole solution; older trees only)",
    bin:
      "lower edge in logits; bins are half a logit wide, the outermost ones take everything beyond 10",
    success: "mean share of right answers at or below the bin's nodes",
    mean_logit: "mean raw score of the bin's nodes",
  },
  example:
    "SELECT bin, sum(nodes) AS nodes, avg(success) FROM ppm_calibration WHERE kind = 'code_end' GROUP BY ALL ORDER BY bin",
  sql: `SELECT r.name AS run, c.round_no AS round, c.kind, c.bin, c.nodes, c.mean_logit, c.success
    FROM (SELECT t.run_no, t.round_no, n.kind, floor(greatest(least(n.ppm_logit, 9.99), -10) * 2) / 2 AS bin,
        count(*) AS nodes, avg(n.ppm_logit) AS mean_logit,
        avg(n.right_answers / (n.right_answers + n.wrong_answers)) AS success
      FROM node n JOIN tree t USING (tree_id)
      WHERE n.ppm_logit IS NOT NULL AND n.right_answers + n.wrong_answers > 0
      GROUP BY ALL) c JOIN run r USING (run_no)`,
};

const errors: View = {
  name: "errors",
  sentence: "A kind of failed candidate in a round of a run, with its share and an example.",
  columns: {
    status: "code_error, too_deep, unparsable, truncated",
    execution:
      "how the sandbox ended it: error, timeout, memory, output_truncated; NULL where nothing was executed",
    error_type: "class of the Python exception; NULL where there was none",
    share: "of all candidates of the round",
    seconds: "spent in failed executions",
    example_message: "of the exception or limit; NULL where nothing was executed",
    example_tree_id: "with example_node_id, the first one",
    example_text: "beginning of its text as drawn, or as run; empty where the model wrote nothing",
  },
  example:
    "SELECT status, execution, error_type, candidates, share FROM errors ORDER BY candidates DESC LIMIT 10",
  sql:
    `SELECT r.name AS run, e.round_no AS round, e.status, e.execution, e.error_type, e.candidates,
      e.candidates / e.of_all AS share, e.problems, e.seconds, e.example_message, e.example_tree_id, e.example_node_id,
      left(x.step_text, 500) AS example_text
    FROM (SELECT run_no, round_no, status, execution, error_type, sum(k)::BIGINT AS candidates,
        any_value(of_all) AS of_all, count(DISTINCT problem_no) AS problems, sum(ms) / 1000 AS seconds,
        min_by(example_message, tree_id) AS example_message, min(tree_id) AS example_tree_id,
        min_by(example_node_id, tree_id) AS example_node_id
      FROM (SELECT tree_id, status, execution, error_type, count(*) AS k, sum(coalesce(exec_ms, 0)) AS ms,
          arg_min(error_message, node_id) AS example_message, min(node_id) AS example_node_id
        FROM node WHERE status NOT IN ('ok', 'screened_out') GROUP BY ALL) n
      JOIN tree t USING (tree_id)
      JOIN (SELECT run_no, round_no, sum(n_nodes - 1) AS of_all FROM tree GROUP BY ALL) USING (run_no, round_no)
      GROUP BY ALL) e JOIN run r USING (run_no)
      JOIN node x ON x.tree_id = e.example_tree_id AND x.node_id = e.example_node_id`,
};

/** In the order in which they are shown. */
export const LEARNING_VIEWS: readonly View[] = [
  preferencePairs,
  qCalibration,
  ppmCalibration,
  errors,
];
