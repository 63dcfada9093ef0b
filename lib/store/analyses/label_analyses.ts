/** Where answers contradict one another, or the reference. */
import type { Analysis } from "./analysis.ts";

/**
 * One form for answers that are the same number or differ by case and spaces alone. SQL cannot grade: 1/2 and 0.5 stay apart, which
 * makes agreement look smaller, never larger.
 */
const SAME_ANSWER =
  "coalesce(try_cast(replace(n.answer, ',', '') AS DOUBLE)::VARCHAR, lower(trim(n.answer)))";

const disagreements: Analysis = {
  name: "disagreements",
  sentence:
    "Problems whose solutions agree on different answers, and samples on which graders disagree.",
  counting:
    "`solutions`: at least two answers with at least two solutions each, in one round; weight = solutions of the second most frequent " +
    "answer. Answers are equal when they are the same number or the same text. `graders`: a stored sample that one grader accepts and " +
    "another rejects; weight = graders in the minority.",
  parameters: ["run", "round", "limit"],
  sql: `WITH vote AS (
      SELECT t.run_no, t.round_no, t.problem_no, any_value(n.answer ORDER BY n.tree_id, n.node_id) AS answer,
        bool_or(n.correct) AS is_right, count(*) AS solutions
      FROM node n JOIN tree t USING (tree_id)
      WHERE n.kind = 'answer' AND n.status = 'ok' AND n.answer IS NOT NULL
      GROUP BY t.run_no, t.round_no, t.problem_no, ${SAME_ANSWER} HAVING count(*) >= 2),
    solutions AS (
      SELECT run_no, round_no, problem_no, list(solutions ORDER BY solutions DESC)[2] AS weight,
        string_agg(answer || ' (' || solutions || CASE WHEN is_right THEN ', right)' ELSE ')' END, '; '
          ORDER BY solutions DESC, answer) AS answers
      FROM vote GROUP BY ALL HAVING count(*) >= 2),
    graders AS (
      SELECT eval_id, problem_no, sample, least(count(*) FILTER (correct), count(*) FILTER (NOT correct)) AS weight,
        string_agg(grader || CASE WHEN correct THEN ': right' ELSE ': wrong' END, '; ' ORDER BY grader) AS answers
      FROM verdict GROUP BY ALL HAVING bool_or(correct) AND NOT bool_and(correct)),
    found AS (
      SELECT 'solutions' AS kind, r.name AS run, s.round_no AS round, NULL AS suite, problem_no, NULL AS sample, weight,
        answers, NULL AS answer
      FROM solutions s JOIN run r USING (run_no)
      UNION ALL
      SELECT 'graders', r.name, e.round_no, e.suite, g.problem_no, g.sample, g.weight, g.answers, s.answer
      FROM graders g JOIN evaluation e USING (eval_id) JOIN eval_sample s USING (eval_id, problem_no, sample)
      LEFT JOIN run r USING (run_no))
    SELECT kind, run, round, suite, p.problem_id, sample, weight, found.answers, found.answer, p.answer AS reference
    FROM found JOIN problem p USING (problem_no)
    WHERE ($1 IS NULL OR run = $1) AND ($2 IS NULL OR round = $2)
    ORDER BY weight DESC, kind, run, round, problem_id, sample LIMIT $3`,
};

const suspectLabels: Analysis = {
  name: "suspect-labels",
  sentence:
    "Problems whose strong solutions agree on an answer other than the reference: the reference may be wrong.",
  counting:
    "Of every run the given round, or its last one. A solution is an answer after code that ran; answers are equal when they are the " +
    "same number or the same text. share = how often the policy comes to the answer: over the problem's trees, the mean of the product " +
    "of the shares that the steps above have among the candidates drawn beside them (equal candidates are merged, so that a policy " +
    "that is sure gives one solution, not many); failed candidates are not counted. draws = those that agree: of each solution the " +
    "fewest equal candidates of any of its steps. score = lower end of the 68 % Wilson interval of that share of all draws, times half " +
    "of one plus the mean rank of the solutions' PPM scores among all answers of the round (0 lowest, 1 highest; 1 without a PPM; where " +
    "an answer has none that of its program with its output): the PPM has learnt from the same labels, so it orders and does not decide. At least two " +
    "draws must agree, and the answer's share be larger than the reference's. Early policies agree on misconceptions and accuse right " +
    "labels: trust the last rounds.",
  parameters: ["run", "round", "limit"],
  sql: `WITH RECURSIVE chosen AS (
      SELECT t.run_no, coalesce($2, max(t.round_no)) AS round_no
      FROM tree t JOIN run r USING (run_no) WHERE $1 IS NULL OR r.name = $1 GROUP BY t.run_no),
    asked AS MATERIALIZED (
      SELECT t.tree_id, t.run_no, t.round_no, t.problem_no, count(*) OVER (PARTITION BY t.run_no, t.problem_no) AS trees
      FROM tree t JOIN chosen USING (run_no, round_no)),
    candidate AS MATERIALIZED (
      SELECT * FROM (
        SELECT tree_id, node_id, parent_id, kind, multiplicity, right_answers + wrong_answers > 0 AS is_judged, status = 'ok' AS ran,
          multiplicity / sum(multiplicity) FILTER (status IN ('ok', 'screened_out')) OVER (PARTITION BY tree_id, parent_id) AS share,
          CASE WHEN kind = 'answer' THEN correct END AS correct
        FROM node SEMI JOIN asked USING (tree_id))
      WHERE is_judged AND ran),
    path AS (
      SELECT tree_id, node_id, 1::DOUBLE AS share, NULL::DOUBLE AS draws, correct FROM candidate WHERE parent_id IS NULL
      UNION ALL
      SELECT c.tree_id, c.node_id, p.share * c.share,
        CASE WHEN c.kind = 'answer' THEN coalesce(p.draws * c.share, c.multiplicity) ELSE least(p.draws, c.multiplicity) END, c.correct
      FROM path p JOIN candidate c ON c.tree_id = p.tree_id AND c.parent_id = p.node_id),
    solution AS (
      SELECT a.run_no, a.round_no, a.problem_no, a.trees, n.tree_id, n.node_id, n.answer, ${SAME_ANSWER} AS same, n.correct,
        coalesce(n.ppm_logit, above.ppm_logit) AS ppm_logit, path.share, path.draws
      FROM path JOIN node n USING (tree_id, node_id) JOIN asked a USING (tree_id)
      JOIN node above ON above.tree_id = n.tree_id AND above.node_id = n.parent_id
      WHERE path.correct IS NOT NULL AND n.answer IS NOT NULL),
    scored AS (
      SELECT *, CASE WHEN ppm_logit IS NOT NULL THEN percent_rank() OVER (
          PARTITION BY run_no, ppm_logit IS NULL ORDER BY ppm_logit) END AS ppm_rank
      FROM solution),
    vote AS (
      SELECT run_no, round_no, problem_no, same, any_value(answer ORDER BY tree_id, node_id) AS answer, bool_or(correct) AS is_reference,
        count(*) AS solutions, sum(share) / any_value(trees) AS share, sum(draws) AS draws, count(DISTINCT tree_id) AS trees,
        avg(ppm_logit) AS mean_ppm, avg(ppm_rank) AS ppm_rank
      FROM scored GROUP BY ALL),
    problem_vote AS (
      SELECT run_no, round_no, problem_no, sum(solutions)::BIGINT AS of_all, sum(draws) AS all_draws,
        coalesce(sum(solutions) FILTER (is_reference), 0)::BIGINT AS for_reference,
        coalesce(sum(share) FILTER (is_reference), 0) AS reference_share,
        arg_max(vote, (share, coalesce(mean_ppm, 0), same)) FILTER (NOT is_reference) AS top
      FROM vote GROUP BY ALL)
    SELECT r.name AS run, v.round_no AS round, p.problem_id, p.level, p.answer AS reference, v.top.answer AS answer,
      v.top.share AS share, v.reference_share, round(v.top.draws, 1) AS draws, v.top.solutions AS agreeing, v.of_all AS solutions,
      v.for_reference, v.top.trees AS trees, v.top.mean_ppm AS mean_ppm, v.top.ppm_rank AS ppm_rank,
      (top.share + 0.5 / all_draws - sqrt(top.share * (1 - top.share) / all_draws + 0.25 / all_draws ** 2)) / (1 + 1 / all_draws)
        * (1 + coalesce(v.top.ppm_rank, 1)) / 2 AS score, p.question
    FROM problem_vote v JOIN problem p USING (problem_no) JOIN run r USING (run_no)
    WHERE v.top.draws >= 2 AND v.top.share > v.reference_share
    ORDER BY score DESC, draws DESC, p.problem_id, run LIMIT $3`,
};

/** In the order in which they are shown. */
export const LABEL_ANALYSES: readonly Analysis[] = [disagreements, suspectLabels];
