/** Views of runs, rounds, models and measurements. */
import type { View } from "./view.ts";

const runs: View = {
  name: "runs",
  sentence: "One run: a name and a specification.",
  columns: {
    sessions: "how often a process opened it",
    spec_hash: "identity of its specification (`run.spec`)",
  },
  example: "SELECT name, command, trees, solved_trees, created_at FROM runs ORDER BY run_no",
  sql: `SELECT r.run_no, r.name, r.command, r.created_at, r.spec_hash,
      (SELECT count(*) FROM tree t WHERE t.run_no = r.run_no) AS trees,
      (SELECT count(*) FROM tree t WHERE t.run_no = r.run_no AND t.solved) AS solved_trees,
      (SELECT count(*) FROM session s WHERE s.run_no = r.run_no) AS sessions
    FROM run r`,
};

const rounds: View = {
  name: "rounds",
  sentence: "One round of a run: its state, its models, and what its search came to.",
  columns: {
    state:
      "stage that is done next, or `done`; NULL for a plain search, which is round 0, and for trees of an ablation",
    policy: "identity of the policy that searched",
    coverage: "share of the problems that were solved",
    problems_so_far: "searched in this round of the run or one before it",
    solved_so_far: "of these, solved in this round or one before it",
    tokens: "prompt and generated tokens of the policy, and tokens of the PPM",
  },
  example: "SELECT run, round, state, problems, solved, coverage FROM rounds ORDER BY run, round",
  sql:
    `WITH first AS (SELECT run_no, problem_no, min(round_no) AS searched_in, min(round_no) FILTER (solved) AS solved_in
      FROM tree GROUP BY ALL)
    SELECT r.name AS run, round_no AS round, o.state, o.policy, o.ppm, coalesce(t.trees, 0) AS trees,
      coalesce(t.problems, 0) AS problems, coalesce(t.solved, 0) AS solved, t.solved / t.problems AS coverage,
      (SELECT count(*) FROM first f WHERE f.run_no = r.run_no AND f.searched_in <= round_no) AS problems_so_far,
      (SELECT count(*) FROM first f WHERE f.run_no = r.run_no AND f.solved_in <= round_no) AS solved_so_far,
      t.tokens, t.seconds, o.changed_at, o.params
    FROM round o FULL JOIN (
      SELECT run_no, round_no, count(*) AS trees, count(DISTINCT problem_no) AS problems,
        count(DISTINCT problem_no) FILTER (solved) AS solved,
        sum(prompt_tokens + generated_tokens + ppm_tokens)::BIGINT AS tokens, sum(wall_ms) / 1000 AS seconds
      FROM tree GROUP BY ALL) t USING (run_no, round_no)
    JOIN run r USING (run_no)`,
};

const cost: View = {
  name: "cost",
  sentence: "What a round of search cost, in all, per solved problem and per right solution.",
  columns: {
    traces: "right solutions",
    seconds: "of all trees added up; trees that grew at the same time count each",
    policy_seconds: "waiting for the policy, queueing included",
    tokens: "prompt and generated tokens of the policy, and tokens of the PPM",
    price: "NULL where no prices are configured",
  },
  example:
    "SELECT run, round, solved, tokens_per_solved, seconds_per_solved, price_per_solved FROM cost ORDER BY run, round",
  sql:
    `SELECT r.name AS run, t.round_no AS round, t.trees, t.problems, t.solved, t.traces, t.prompt_tokens,
      t.generated_tokens, t.ppm_tokens, t.tokens, t.executions, t.executions_cached, t.seconds, t.policy_seconds,
      t.ppm_seconds, t.sandbox_seconds, t.price, t.tokens / nullif(t.solved, 0) AS tokens_per_solved,
      t.seconds / nullif(t.solved, 0) AS seconds_per_solved, t.price / nullif(t.solved, 0) AS price_per_solved,
      t.tokens / nullif(t.traces, 0) AS tokens_per_trace, t.seconds / nullif(t.traces, 0) AS seconds_per_trace,
      t.price / nullif(t.traces, 0) AS price_per_trace
    FROM (SELECT run_no, round_no, count(*) AS trees, count(DISTINCT problem_no) AS problems,
        count(DISTINCT problem_no) FILTER (solved) AS solved, sum(correct_terminals)::BIGINT AS traces,
        sum(prompt_tokens)::BIGINT AS prompt_tokens, sum(generated_tokens)::BIGINT AS generated_tokens,
        sum(ppm_tokens)::BIGINT AS ppm_tokens,
        sum(prompt_tokens + generated_tokens + ppm_tokens)::BIGINT AS tokens,
        sum(executions)::BIGINT AS executions, sum(executions_cached)::BIGINT AS executions_cached,
        sum(wall_ms) / 1000 AS seconds, sum(policy_seconds) AS policy_seconds, sum(ppm_seconds) AS ppm_seconds,
        sum(sandbox_seconds) AS sandbox_seconds, sum(price) AS price
      FROM tree GROUP BY ALL) t JOIN run r USING (run_no)`,
};

/** The newest value of a metric of artifact `a`. */
function lastOf(metric: string): string {
  return `(SELECT max_by(value, step) FROM metric m WHERE m.artifact_id = a.artifact_id AND m.name = '${metric}')`;
}

const checkpoints: View = {
  name: "checkpoints",
  sentence: "One model: trained, or what training began from.",
  columns: {
    role: "policy, ppm, outcome, q_regression; bootstrap for the general model of round 1",
    location: "folder or URL; folders lie beside the database where the path is relative",
    calibration_b: "zero of the PPM's scale",
    calibration_fitted_on:
      "what its scale was fitted on: held-out problems, or training, groups that it was trained on, for which it was made wider; NULL: " +
      "nothing was fitted, or an older model",
    calibration_groups: "groups of pairs that its scale was fitted on",
    last_loss: "last `loss` of its training curve (table `metric`)",
    pair_accuracy:
      "of a reward model: share of the pairs of held-out problems in the right order, problems counting alike (`metric`)",
    pair_accuracy_round_1:
      "the same over the pairs of round 1 alone, which all models of a run hold out: by this one they can be compared",
  },
  example:
    "SELECT run, round, role, location, last_loss, pair_accuracy FROM checkpoints ORDER BY artifact_id",
  sql: `SELECT a.artifact_id, r.name AS run, a.round_no AS round, a.role, a.location, a.sha256,
      (a.meta -> '$.calibration.b')::DOUBLE AS calibration_b, (a.meta -> '$.calibration.tau')::DOUBLE AS calibration_tau,
      a.meta ->> '$.calibration.fittedOn' AS calibration_fitted_on,
      TRY_CAST(a.meta ->> '$.calibration.groups' AS BIGINT) AS calibration_groups,
      ${lastOf("loss")} AS last_loss, ${lastOf("pair_accuracy")} AS pair_accuracy,
      ${lastOf("pair_accuracy_round_1")} AS pair_accuracy_round_1, a.meta, a.made_at
    FROM artifact a LEFT JOIN run r USING (run_no) WHERE a.kind = 'checkpoint'`,
};

const lineage: View = {
  name: "lineage",
  sentence:
    "What an artifact was made from, directly or through others: checkpoints from files, files from the checkpoints that searched.",
  columns: {
    kind: "sft, pairs, checkpoint",
    made_from_id: "artifact it was made from",
    distance: "1: directly",
  },
  example:
    "SELECT artifact_id, kind, round, distance, made_from_id, made_from_kind, made_from_round FROM lineage ORDER BY ALL",
  sql: `WITH RECURSIVE above AS (
      SELECT artifact_id, parent_id, 1 AS distance FROM artifact_parent
      UNION
      SELECT b.artifact_id, p.parent_id, b.distance + 1 FROM above b JOIN artifact_parent p ON p.artifact_id = b.parent_id)
    SELECT r.name AS run, a.artifact_id, a.kind, a.role, a.round_no AS round, b.distance, f.artifact_id AS made_from_id,
      f.kind AS made_from_kind, f.role AS made_from_role, f.round_no AS made_from_round, f.location AS made_from_location
    FROM (SELECT artifact_id, parent_id, min(distance) AS distance FROM above GROUP BY ALL) b
    JOIN artifact a USING (artifact_id) JOIN artifact f ON f.artifact_id = b.parent_id LEFT JOIN run r ON r.run_no = a.run_no`,
};

const evaluations: View = {
  name: "evaluations",
  sentence:
    "One evaluation as one grader judged it: how many samples ended how, and the share of right ones.",
  columns: {
    state: "complete, incomplete, or running (which is also left behind by a process that died)",
    grader: "NULL while nothing is judged",
    pass_1:
      "mean over problems of the share of right samples; samples that the machinery failed are left out",
    infrastructure: "samples that the machinery failed",
  },
  example:
    "SELECT run, round, suite, mode, grader, problems, samples, pass_1 FROM evaluations ORDER BY eval_id, grader",
  sql:
    `SELECT e.eval_id, r.name AS run, e.round_no AS round, e.suite, e.mode, e.state, s.grader, s.problems, s.samples,
      s.right_samples, s.pass_1, s.answered, s.no_answer, s.truncated, s.failed_execution, s.infrastructure, s.tokens,
      s.seconds, e.policy, e.ppm, e.started_at
    FROM evaluation e LEFT JOIN run r USING (run_no) LEFT JOIN (
      SELECT eval_id, grader, count(DISTINCT problem_no) FILTER (counted > 0) AS problems, sum(counted)::BIGINT AS samples,
        sum(right_samples)::BIGINT AS right_samples, avg(right_samples / nullif(counted, 0)) AS pass_1,
        sum(answered)::BIGINT AS answered, sum(no_answer)::BIGINT AS no_answer, sum(truncated)::BIGINT AS truncated,
        sum(failed_execution)::BIGINT AS failed_execution, sum(infrastructure)::BIGINT AS infrastructure,
        sum(tokens)::BIGINT AS tokens, sum(seconds) AS seconds
      FROM (SELECT eval_id, g.grader, problem_no, count(*) FILTER (outcome <> 'infrastructure') AS counted,
          count(*) FILTER (v.correct AND outcome <> 'infrastructure') AS right_samples,
          count(*) FILTER (outcome = 'answered') AS answered, count(*) FILTER (outcome = 'no_answer') AS no_answer,
          count(*) FILTER (outcome = 'truncated') AS truncated,
          count(*) FILTER (outcome = 'failed_execution') AS failed_execution,
          count(*) FILTER (outcome = 'infrastructure') AS infrastructure,
          sum(coalesce(prompt_tokens, 0) + coalesce(generated_tokens, 0) + coalesce(ppm_tokens, 0)) AS tokens,
          sum(wall_ms) / 1000 AS seconds
        FROM eval_sample s LEFT JOIN (SELECT DISTINCT eval_id, grader FROM verdict) g USING (eval_id)
        LEFT JOIN verdict v USING (eval_id, problem_no, sample, grader) GROUP BY eval_id, g.grader, problem_no)
      GROUP BY eval_id, grader) s USING (eval_id)`,
};

const samples: View = {
  name: "samples",
  sentence: "One sample of an evaluation as one grader judged it.",
  columns: {
    outcome: "answered, no_answer, truncated, failed_execution, infrastructure",
    score: "raw score of a PPM; NULL without one",
    stage: "where the verdict was reached: exact, symbolic, none",
    vote:
      "first sample with an equal answer by the same grader; NULL where answers were not grouped",
    trace: "what a person needs to see what happened, as JSON",
  },
  example:
    "SELECT problem_id, answer, reference, correct, reason FROM samples WHERE outcome = 'answered' ORDER BY ALL LIMIT 20",
  sql:
    `SELECT s.eval_id, r.name AS run, e.round_no AS round, e.suite, e.mode, p.problem_id, p.level, s.sample, s.outcome,
      s.answer, p.answer AS reference, v.grader, v.correct, v.stage, v.reason, v.vote, s.score, s.prompt_tokens, s.generated_tokens,
      s.ppm_tokens, s.wall_ms / 1000 AS seconds, s.trace
    FROM eval_sample s JOIN evaluation e USING (eval_id) JOIN problem p USING (problem_no) LEFT JOIN run r USING (run_no)
    LEFT JOIN verdict v USING (eval_id, problem_no, sample)`,
};

/** In the order in which they are shown. */
export const RUN_VIEWS: readonly View[] = [
  runs,
  rounds,
  cost,
  checkpoints,
  lineage,
  evaluations,
  samples,
];
